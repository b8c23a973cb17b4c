"""Nobody's number stands in an address: search forms post, addresses name its digest."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core import numbers
from core.identifiers import credit_code_check, id_check_digit

if TYPE_CHECKING:
    from tests.site.world import World


def client_of(user: Any) -> Client:
    client = Client(enforce_csrf_checks=False)
    client.force_login(user)
    return client


SEARCHES = ("claims", "claim-new", "admin:claims_claim_changelist", "admin:claims_bill_changelist")


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*SEARCHES, "admin:enrollment_enrollment_changelist"])
@pytest.mark.parametrize("written", ["{}", " {} ", "{:lower}"])
def test_a_person_is_found_by_number_and_the_address_does_not_say_it(
    world: World, name: str, written: str
) -> None:
    member = world.bill.member if name == "claim-new" else world.claim.member
    number = member.id_number.lower() if written == "{:lower}" else written.format(member.id_number)
    client = client_of(world.people["clerk"])
    answer = client.post(reverse(name), {"search": "1", "q": number})
    address = answer.headers["Location"]
    assert answer.status_code == 302 and "q=digest%3A" in address and member.id_number not in address
    page = client.get(address).content.decode()
    assert member.name in page and member.id_number not in page
    assert "完整身份证号码" in page and 'value="digest:' not in page.replace('name="kept" value="digest:', "")


@pytest.mark.django_db
def test_names_and_claim_numbers_stay_as_they_are(world: World) -> None:
    client, page = client_of(world.people["clerk"]), reverse("claims")
    for word in (world.claim.number, world.claim.member.name):
        answer = client.post(page, {"search": "1", "q": word, "state": "", "period": "18"}, follow=True)
        assert answer.request["QUERY_STRING"].startswith("period=18&q=")
        assert f'value="{word}"' in answer.content.decode() and world.claim.number in answer.content.decode()


@pytest.mark.django_db
def test_another_filter_keeps_the_person_that_was_asked(world: World) -> None:
    client, page = client_of(world.people["clerk"]), reverse("claims")
    kept = numbers.hide(world.claim.member.id_number)
    fields = {"search": "1", "q": "", "kept": kept, "state": world.claim.state}
    answer = client.post(page, fields, follow=True)
    assert [row.number for row in answer.context["page"].rows] == [world.claim.number]
    answer = client.post(page, fields | {"kept": "digest:no"}, follow=True)
    assert "q" not in answer.wsgi_request.GET


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["claims", "admin:claims_claim_changelist", "admin:enrollment_unit_changelist"]
)
def test_a_number_written_into_an_address_is_hidden_at_once(world: World, name: str) -> None:
    client = client_of(world.people["clerk"])
    answer = client.get(reverse(name), {"q": world.claim.member.id_number})
    assert answer.status_code == 302 and world.claim.member.id_number not in answer.headers["Location"]
    assert client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.django_db
def test_a_search_without_the_form_s_token_is_refused(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["clerk"])
    assert client.post(reverse("claims"), {"search": "1", "q": "x"}).status_code == 403
    assert client.post(reverse("admin:claims_claim_changelist"), {"search": "1"}).status_code == 403


@pytest.mark.django_db
def test_no_admin_list_puts_a_number_into_its_address(world: World) -> None:
    from django.contrib import admin

    from core.admin import ScopedAdmin

    client, number, wrong = client_of(world.people["auditor"]), world.claim.member.id_number, []
    for model, listed in admin.site._registry.items():
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        may = world.people["auditor"].has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
        if listed.search_fields and may:
            assert isinstance(listed, ScopedAdmin)
            answer = client.post(page, {"search": "1", "q": number}, follow=True)
            if answer.status_code != 200 or number in str(answer.redirect_chain):
                wrong.append(page)
    assert wrong == []


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)).map(lambda day: f"530102{day:%Y%m%d}123"))
def test_every_identity_number_is_hidden(first: str) -> None:
    number = first + id_check_digit(first)
    hidden = numbers.hide(number)
    assert numbers.is_hidden(hidden) and numbers.sought(hidden) == numbers.sought(number)


@given(st.text(max_size=14))
def test_short_words_are_never_taken_for_numbers(word: str) -> None:
    assert numbers.hide(word) == word


def test_a_unit_s_code_and_a_claim_s_number_are_no_persons() -> None:
    unit = "81530100" + "709766524"
    assert not numbers.is_number(unit + credit_code_check(unit)) or not credit_code_check(unit).isdigit()
    assert not numbers.is_number("20222023-000000123") and not numbers.is_number("18-000000123")
