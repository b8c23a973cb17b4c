"""Claims: the list, the page of one, a reviewer's acts on it, its papers."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Field
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from claims import bulk_review, pages, review
from claims.models import CaseState, Claim, ClaimPaper, ClaimState, ReviewCase, Verdict
from core import access, clock, files, numbers
from core.web import OfficeRequest
from desk import search, words
from desk.calculation import gloss_by_sha, in_words
from desk.forms.review import VerdictForm
from desk.pages import newest
from desk.views.common import attempt, needs, once, reached
from schemes.versions import document_of

VIEW = "claims.view_claim"
SECRETS = ("id_number", "card_number")


@needs(VIEW)
def index(request: OfficeRequest) -> HttpResponse:
    """The claims that the reader reaches: by state, period, number, name or whole identity number."""
    if (hidden := numbers.asked(request)) is not None:
        return hidden
    rows = reached(request, Claim.objects).select_related("member", "unit", "period")
    rows = search.claims(rows, request.GET)
    context = {"page": newest(request, rows), "states": ClaimState.choices, "asked": request.GET}
    context["by_number"] = numbers.is_hidden(request.GET.get("q", ""))
    return render(request, "claims/claims.html", context)


def _page(request: OfficeRequest, number: str) -> pages.ClaimPage:
    """The claim's page as far as the reader reaches it, else 404."""
    pk = reached(request, Claim.objects).filter(number=number).values_list("pk", flat=True).first()
    page = pages.claim_page(pk, user=request.user, on=clock.today()) if pk else None
    if page is None:
        raise Http404
    return page


@needs(VIEW)
def show(request: OfficeRequest, number: str) -> HttpResponse:
    """One claim on one page."""
    page = _page(request, number)
    claim, found = page.claim, page.adjudication
    gloss = gloss_by_sha(found.document_sha) if found else {}
    editor = any(role.unit_code == claim.unit.code for role in request.user.roles_on(clock.today()))
    context = {
        "claim": claim,
        "page": page,
        "steps": in_words(page.lines, gloss, total=claim.bill.total, base=claim.base),
        "plain": words.plain_status(claim, due=page.case.due_on if page.case else None),
        "acts": pages.agent_acts(claim) if editor or request.user == claim.started_by else [],
        "holder": page.case and page.case.taken_by,
        "mine": page.case and page.case.taken_by_id == request.user.pk,
        "may_disclose": _discloses(request, claim),
    }
    return render(request, "claims/claim.html", context)


def _case(request: OfficeRequest, number: str) -> ReviewCase:
    rows = reached(request, ReviewCase.objects).select_related(
        "claim__member", "claim__unit", "claim__period__scheme"
    )
    return get_object_or_404(rows, claim__number=number)


@require_POST
@needs(review.DECIDE)
def take(request: OfficeRequest, number: str) -> HttpResponse:
    """Take a case, or give it back."""
    case = _case(request, number)
    act = review.release if request.POST.get("act") == "release" else review.take
    attempt(request, lambda: act(case=case, by=request.user, on=clock.today()))
    return redirect("claim", number)


@require_POST
@needs(review.DECIDE)
def take_next(request: OfficeRequest) -> HttpResponse:
    """Take the most urgent free case and open it."""
    case = attempt(request, lambda: review.take_next(by=request.user, on=clock.today()))
    if case is None:
        messages.info(request, _("Nothing free waits at your level."))
        return redirect("inbox")
    return redirect("claim", case.claim.number)


@needs(review.DECIDE)
def decide(request: OfficeRequest, number: str, verdict: str) -> HttpResponse:
    """A verdict's own page: says in words what will happen, then does it and opens the next case."""
    if verdict not in Verdict.values:
        raise Http404
    case = _case(request, number)
    page = _page(request, number)
    if verdict not in page.verdicts and request.method == "GET":
        raise PermissionDenied
    form = VerdictForm(
        request.POST or None, verdict=verdict, articles=_articles(case), initial={"version": case.version}
    )
    if request.method == "POST" and form.is_valid() and _decided(request, case, verdict, form):
        return _next(request, case)
    context = {"case": case, "claim": case.claim, "page": page, "verdict": verdict, "form": form}
    return render(request, "claims/decide.html", context)


def _articles(case: ReviewCase) -> list[tuple[str, str]]:
    gloss = document_of(case.claim.period).document.gloss
    return [("", _("choose")), *((article, f"{article} {text[:60]}") for article, text in gloss.items())]


def _decided(request: OfficeRequest, case: ReviewCase, verdict: str, form: VerdictForm) -> Any:
    typed = form.cleaned_data
    return attempt(
        request,
        lambda: once(review.decide, form.key(f"decide:{case.pk}", request.user))(
            case=case,
            verdict=verdict,
            reason=typed.get("reason", ""),
            article=typed.get("article", ""),
            version=typed["version"],
            by=request.user,
            on=clock.today(),
        ),
        form,
    )


def _next(request: OfficeRequest, case: ReviewCase) -> HttpResponse:
    """The next case that waits for the reader, else the inbox."""
    messages.success(
        request, _("Claim %(number)s: your verdict is recorded.") % {"number": case.claim.number}
    )
    rows = pages.inbox(request.user, on=clock.today(), size=20).rows
    coming = next((row for row in rows if row.case.taken_by_id in (None, request.user.pk)), None)
    return redirect("claim", coming.claim.number) if coming else redirect("inbox")


@require_POST
@needs(review.DECIDE)
def approve_many(request: OfficeRequest) -> HttpResponse:
    """Approve the chosen cases of one's own level; the first click shows what will happen."""
    chosen = [int(value[:18]) for value in request.POST.getlist("case")[:200] if value.isdigit()]
    rows = reached(request, ReviewCase.objects).filter(pk__in=chosen, state=CaseState.OPEN)
    cases = list(rows.select_related("claim__member", "claim__unit").order_by("due_on", "pk"))
    if not cases:
        messages.error(request, _("Choose at least one case."))
        return redirect("inbox")
    if request.POST.get("sure") != "yes":
        total = sum((case.claim.amount for case in cases), start=cases[0].claim.amount * 0)
        return render(request, "claims/approve_many.html", {"cases": cases, "total": total})
    ids = [case.pk for case in cases]
    outcome = attempt(request, lambda: bulk_review.approve_many(cases=ids, by=request.user, on=clock.today()))
    if outcome is not None:
        facts = {"approved": outcome.approved, "left": outcome.left}
        messages.success(request, _("%(approved)s approved, %(left)s left as they were.") % facts)
    return redirect("inbox")


def _discloses(request: OfficeRequest, claim: Claim) -> bool:
    """Whether a role of the reader discloses at the claim's own place."""
    return reached(request, Claim.objects, "enrollment.disclose_member").filter(pk=claim.pk).exists()


@require_POST
@needs(VIEW)
def reveal(request: OfficeRequest, number: str) -> HttpResponse:
    """Show the person's identity or card number; the act is logged."""
    claim = _page(request, number).claim
    field = request.POST.get("field", "")
    if field not in SECRETS or not _discloses(request, claim):
        raise PermissionDenied
    owner = claim.member if field == "id_number" else claim
    value = access.disclose(owner, field, by=request.user)
    label = cast(Field, owner._meta.get_field(field)).verbose_name
    return render(request, "claims/reveal.html", {"claim": claim, "label": label, "value": value})


def _paper(request: OfficeRequest, pk: int) -> ClaimPaper:
    rows = reached(request, ClaimPaper.objects).select_related("attachment", "kind", "claim__member")
    return get_object_or_404(rows.filter(removed_at=None, attachment__erased_at=None), pk=pk)


@needs("claims.view_claimpaper")
def paper(request: OfficeRequest, pk: int) -> HttpResponse:
    """A paper beside its claim's facts."""
    return render(request, "claims/paper.html", {"paper": _paper(request, pk)})


@needs("claims.view_claimpaper")
def paper_file(request: OfficeRequest, pk: int) -> StreamingHttpResponse:
    """The file itself, from outside the web root; pictures and PDF may be shown inside our page."""
    found = _paper(request, pk)
    attachment = found.attachment
    access.downloaded(attachment, by=request.user)
    answer = StreamingHttpResponse(files.plain_chunks(attachment), content_type=attachment.content_type)
    inline = "inline" in request.GET and attachment.content_type in {"image/png", "image/jpeg"}
    answer["Content-Disposition"] = (
        "inline" if inline else f'attachment; filename="paper-{found.pk}.{_suffix(attachment)}"'
    )
    answer["Content-Length"] = str(attachment.size)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _suffix(attachment: Any) -> str:
    return next((kind for kind, mime in files.TYPES.items() if mime == attachment.content_type), "bin")
