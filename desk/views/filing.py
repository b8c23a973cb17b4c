"""Filing a claim page by page: a task list, one page each, saved as one goes; check answers; the receipt."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from claims import filing
from claims.models import Bill, BillState, Claim, ClaimPaper, ClaimState, ReviewCase
from core import clock, numbers
from core.web import OfficeRequest
from desk import claim_tasks, papers
from desk.forms.claim import (
    CardPage,
    CostsPage,
    NewCardForm,
    PageForm,
    PaperForm,
    StartForm,
    StayPage,
    initial_of,
)
from desk.views.common import attempt, needs, once, reached
from enrollment.models import Enrollment

PAGES: dict[str, type[PageForm]] = {"stay": StayPage, "costs": CostsPage, "card": CardPage}
FOUND = 20


@needs(filing.FILE)
def new(request: OfficeRequest) -> HttpResponse:
    """Begin: an imported settlement that nobody has filed for, or a person of the roster."""
    if (hidden := numbers.asked(request)) is not None:
        return hidden
    on = clock.today()
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        claim = attempt(request, lambda: _start(request, form), form)
        if claim is not None:
            return redirect("claim-tasks", claim.number)
    word = request.GET.get("q", "").strip()[:60]
    bills = (
        reached(request, Bill.objects)
        .filter(pk__in=_unclaimed(), discharged__lte=on)
        .select_related("member", "unit", "hospital")
    )
    people = reached(request, Enrollment.objects)
    people = people.filter(period__cover_from__lte=on).select_related("member", "unit", "period")
    if word:
        found = numbers.sought(word)
        hit = {"member__name": word} if found is None else {"member__id_digest": found}
        bills, people = bills.filter(**hit), people.filter(**hit)
    context = {
        "form": form,
        "word": word,
        "by_number": numbers.is_hidden(word),
        "bills": list(bills.order_by("-discharged", "-pk")[:FOUND]),
        "people": list(people.order_by("-period__cover_from", "pk")[:FOUND]) if word else [],
    }
    return render(request, "portal/claim_new.html", context)


def _unclaimed() -> Any:
    return Bill.objects.filter(state=BillState.ACCEPTED, claim=None).values("pk")


def _start(request: OfficeRequest, form: StartForm) -> Claim:
    """The draft for the chosen settlement or person."""
    typed, on = form.cleaned_data, clock.today()
    facts: dict[str, Any] = {"by": request.user, "on": on}
    start = once(filing.start, form.key("claim", request.user))
    if typed.get("bill"):
        bills = (
            reached(request, Bill.objects).filter(state=BillState.ACCEPTED).select_related("member", "unit")
        )
        bill = get_object_or_404(bills, pk=typed["bill"])
        listed = Enrollment.objects.filter(
            member=bill.member_id,
            period__cover_from__lte=bill.discharged,
            period__cover_to__gte=bill.discharged,
        )
        enrolled = listed.select_related("period__scheme", "unit__agency").first()
        if enrolled is None:
            raise filing.NotEnrolled()
        return start(member=bill.member, unit=enrolled.unit, period=enrolled.period, bill=bill, **facts)
    rows = reached(request, Enrollment.objects).select_related("member", "unit__agency", "period__scheme")
    enrolled = get_object_or_404(rows, pk=typed.get("enrollment") or 0)
    return start(member=enrolled.member, unit=enrolled.unit, period=enrolled.period, **facts)


def _draft(request: OfficeRequest, number: str) -> Claim:
    """A claim that the reader may work on."""
    rows = reached(request, Claim.objects, filing.FILE)
    return get_object_or_404(
        rows.select_related("member", "unit", "office", "period__scheme", "bill__hospital", "adjudication"),
        number=number,
    )


@needs(filing.FILE)
def tasks(request: OfficeRequest, number: str) -> HttpResponse:
    """The task list of a draft."""
    claim = _draft(request, number)
    if claim.state not in filing.EDITABLE:
        return redirect("claim", number)
    context = {
        "claim": claim,
        "tasks": claim_tasks.of(claim, on=clock.today()),
        "returned": claim_tasks.why_returned(claim),
    }
    return render(request, "portal/claim_tasks.html", context)


@needs(filing.FILE)
def page(request: OfficeRequest, number: str, name: str) -> HttpResponse:
    """One page of a draft; each change is saved at once, and the benefit is calculated beside it."""
    if name not in PAGES:
        raise Http404
    claim = _draft(request, number)
    if claim.state not in filing.EDITABLE:
        return redirect("claim", number)
    kind = PAGES[name]
    if claim.bill.run_id and name != "card":
        return render(request, "portal/claim_imported.html", {"claim": claim, **_live(claim)})
    form = kind(request.POST or None, initial=initial_of(kind, claim))
    if request.method == "POST" and form.is_valid():
        problems = attempt(request, lambda: _saved(request, claim, form), form)
        claim = _draft(request, number)
        form.show(problems or [])
        if request.htmx:
            return render(request, "portal/_live.html", {"claim": claim, "form": form, **_live(claim)})
        if not form.errors:
            return redirect("claim-tasks", number)
    context = {"claim": claim, "form": form, "name": name, **(_live(claim) if name != "card" else {})}
    return render(request, f"portal/claim_{name}.html", context)


def _saved(request: OfficeRequest, claim: Claim, form: PageForm) -> list[filing.Problem]:
    values = dict(form.cleaned_data)
    if not values.get("card_number"):
        values.pop("card_number", None)
    return filing.save(claim=claim, values=values, by=request.user, on=clock.today())


def _live(claim: Claim) -> dict[str, Any]:
    return {"live": claim_tasks.live(claim)}


@needs(filing.FILE)
def paper_page(request: OfficeRequest, number: str) -> HttpResponse:
    """The papers of a draft."""
    claim = _draft(request, number)
    if claim.state not in filing.EDITABLE:
        return redirect("claim", number)
    form = PaperForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        added = attempt(
            request,
            lambda: papers.attach(
                claim=claim,
                kind=typed["kind"],
                name=typed["file"].name,
                content=typed["file"].file,
                by=request.user,
                on=clock.today(),
            ),
            form,
        )
        if added is not None:
            messages.success(request, _("%(name)s has been added.") % {"name": added.attachment.name})
            return redirect("claim-papers", number)
    there = claim.papers.filter(removed_at=None).select_related("kind", "attachment")
    context = {"claim": claim, "form": form, "papers": there, "missing": filing.missing_papers(claim)}
    return render(request, "portal/claim_papers.html", context)


@require_POST
@needs(filing.FILE)
def paper_off(request: OfficeRequest, number: str, pk: int) -> HttpResponse:
    """Take a paper off a draft."""
    claim = _draft(request, number)
    found = get_object_or_404(
        ClaimPaper.objects.select_related("claim__office", "claim__unit"), pk=pk, claim=claim
    )
    attempt(request, lambda: filing.remove_paper(paper=found, by=request.user, on=clock.today()))
    return redirect("claim-papers", number)


@needs(filing.FILE)
def check(request: OfficeRequest, number: str) -> HttpResponse:
    """Check answers, then send: what is wrong stands at the top with links to its page."""
    claim = _draft(request, number)
    if claim.state not in filing.EDITABLE:
        return redirect("claim-receipt", number)
    on = clock.today()
    form = StartForm(request.POST or None)
    staff = any(not role.unit_code for role in request.user.roles_on(on))
    on_paper = staff and request.POST.get("on_paper") == "1"
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            lambda: once(filing.submit, form.key(f"file:{claim.pk}", request.user))(
                claim=claim,
                by=request.user,
                on=on,
                on_paper=on_paper,
            ),
            form,
        )
        if done is not None:
            return redirect("claim-receipt", number)
    problems = claim_tasks.with_pages(filing.problems_of(claim, on=on, on_paper=on_paper))
    context = {
        "claim": claim,
        "form": form,
        "problems": problems,
        "staff": staff,
        "papers": claim.papers.filter(removed_at=None).select_related("kind", "attachment"),
        "columns": claim_tasks.columns(claim),
        **_live(claim),
    }
    return render(request, "portal/claim_check.html", context)


@needs(filing.FILE)
def receipt(request: OfficeRequest, number: str) -> HttpResponse:
    """The receipt: number, what happens next, by when."""
    claim = _draft(request, number)
    if claim.state == ClaimState.DRAFT:
        return redirect("claim-tasks", number)
    case = ReviewCase.objects.select_related("office").filter(claim=claim).first()
    return render(request, "portal/claim_receipt.html", {"claim": claim, "case": case})


@require_POST
@needs(filing.FILE)
def withdraw(request: OfficeRequest, number: str) -> HttpResponse:
    """Give up a draft or a returned claim, after its own confirmation."""
    claim = _draft(request, number)
    if request.POST.get("sure") != "yes":
        return render(request, "portal/claim_withdraw.html", {"claim": claim})
    attempt(request, lambda: filing.withdraw(claim=claim, by=request.user, on=clock.today()))
    return redirect("claim", number)


@needs(filing.FILE)
def new_card(request: OfficeRequest, number: str) -> HttpResponse:
    """A new bank account after the bank returned the payment."""
    claim = _draft(request, number)
    if claim.state != ClaimState.CARD:
        raise PermissionDenied
    form = NewCardForm(
        request.POST or None, initial={"holder_name": claim.holder_name, "bank_name": claim.bank_name}
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        done = attempt(
            request,
            lambda: once(filing.new_card, form.key(f"card:{claim.pk}", request.user))(
                claim=claim,
                card_number=typed["card_number"],
                bank_name=typed["bank_name"],
                holder_name=typed["holder_name"],
                by=request.user,
                on=clock.today(),
            ),
            form,
        )
        if done is not None:
            messages.success(
                request, _("The new account is recorded; the payment goes out with the next batch.")
            )
            return redirect("claim", number)
    return render(request, "portal/claim_new_card.html", {"claim": claim, "form": form})
