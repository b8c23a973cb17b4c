"""The door: log-in, language, one's own password, and where each role begins."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from core import clock
from core.web import OfficeRequest


class Login(auth.LoginView):
    template_name = "desk/login.html"
    redirect_authenticated_user = True


class Password(auth.PasswordChangeView):
    template_name = "desk/password.html"
    success_url = reverse_lazy("home")


@login_required
def home(request: OfficeRequest) -> HttpResponse:
    """Staff begin at the workbench, union agents at their unit."""
    roles = request.user.roles_on(clock.today())
    if any(not role.unit_code for role in roles):
        return redirect("admin:index")
    if roles:
        return redirect("portal")
    return render(request, "desk/no_role.html")


@require_POST
def language(request: OfficeRequest) -> HttpResponse:
    """Choose the interface's language; kept in a cookie."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    answer = HttpResponseRedirect(back)
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES) and check_for_language(code):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            max_age=365 * 86400,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return answer
