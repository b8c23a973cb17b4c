"""Payment batches: built by the cashier, released by another person, sent, answered by the bank."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from claims import bank, payment
from claims.models import BatchState, PaymentBatch
from core import clock
from core.web import OfficeRequest
from desk.forms.money import PeriodForm
from desk.forms.roster import FileForm
from desk.pages import newest
from desk.views.common import attempt, needs, once, reached

VIEW = "claims.view_paymentbatch"
ACTS = {"release": payment.release, "cancel": payment.cancel}


@needs(VIEW)
def index(request: OfficeRequest) -> HttpResponse:
    """The batches that the reader reaches; a cashier builds the next one here."""
    rows = reached(request, PaymentBatch.objects).select_related(
        "office", "period__scheme", "built_by", "released_by"
    )
    return render(request, "money/batches.html", {"page": newest(request, rows), "form": PeriodForm()})


@require_POST
@needs("claims.build_paymentbatch")
def build(request: OfficeRequest) -> HttpResponse:
    """Put what is approved into one batch; its money is reserved."""
    form = PeriodForm(request.POST)
    if not form.is_valid():
        return redirect("batches")
    roles = request.user.roles_on(clock.today())
    office = next((role.office for role in roles if role.role == "cashier"), None)
    batch = attempt(
        request,
        lambda: once(payment.build, form.key("batch", request.user))(
            period=form.cleaned_data["period"],
            office=office,
            by=request.user,
            on=clock.today(),
        ),
    )
    return redirect("batch", batch.pk) if batch is not None else redirect("batches")


def _batch(request: OfficeRequest, pk: int) -> PaymentBatch:
    rows = reached(request, PaymentBatch.objects, VIEW)
    related = ("office", "period__scheme", "built_by", "released_by", "sent_by")
    return get_object_or_404(rows.select_related(*related), pk=pk)


@needs(VIEW)
def show(request: OfficeRequest, pk: int) -> HttpResponse:
    """One batch: its payments, what may be done with it now, the bank's answers."""
    batch = _batch(request, pk)
    may = request.user.has_perm
    context = {
        "batch": batch,
        "payments": newest(request, batch.payments.select_related("claim__member", "claim__unit"), size=100),
        "results": list(batch.results.select_related("confirmed_by")),
        "form": FileForm(),
        "may": {
            "release": batch.state == BatchState.BUILT
            and may("claims.release_paymentbatch")
            and batch.built_by_id != request.user.pk,
            "cancel": batch.state == BatchState.BUILT and may("claims.build_paymentbatch"),
            "send": batch.state in {BatchState.RELEASED, BatchState.SENT}
            and may("claims.build_paymentbatch"),
            "confirm": batch.state == BatchState.SENT and may("claims.confirm_bankresult"),
        },
    }
    return render(request, "money/batch.html", context)


@needs("claims.release_paymentbatch", "claims.build_paymentbatch")
def act(request: OfficeRequest, pk: int, verb: str) -> HttpResponse:
    """Release or dissolve a batch, after a page that says what will happen."""
    batch = _batch(request, pk)
    if verb not in ACTS:
        return redirect("batch", pk)
    if request.method == "POST":
        done: Any = attempt(request, lambda: ACTS[verb](batch=batch, by=request.user, on=clock.today()))
        if done is not None:
            messages.success(request, _("Batch %(number)s: done.") % {"number": batch.number})
        return redirect("batch", pk)
    return render(request, "money/batch_act.html", {"batch": batch, "verb": verb})


@require_POST
@needs("claims.build_paymentbatch")
def bank_file(request: OfficeRequest, pk: int) -> HttpResponse:
    """The file for the bank; taking it marks the batch as sent, and is logged."""
    batch = _batch(request, pk)
    kind = "csv" if request.POST.get("kind") == "csv" else "xlsx"
    found = attempt(
        request, lambda: bank.bank_file(batch=batch, by=request.user, on=clock.today(), kind=kind)
    )
    if found is None:
        return redirect("batch", pk)
    _name, content = found
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{batch.number}.{kind}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@needs("claims.confirm_bankresult")
def result(request: OfficeRequest, pk: int) -> HttpResponse:
    """The bank's result file; each part is confirmed once and makes one voucher."""
    batch = _batch(request, pk)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choose the bank's result file."))
        return redirect("batch", pk)
    upload = form.cleaned_data["file"]
    found = attempt(
        request,
        lambda: bank.import_result(
            batch=batch, content=upload.read(), name=upload.name, by=request.user, on=clock.today()
        ),
    )
    if found is not None:
        facts = {"n": found.paid_count, "amount": f"{found.paid_total:,.2f}"}
        messages.success(request, _("Confirmed: %(n)s payments, %(amount)s yuan.") % facts)
    return redirect("batch", pk)
