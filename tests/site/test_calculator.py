"""The calculator's page: every question of a scheme, answers in words, errors beside their fields."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from claims.models import Claim
from core.models import Office
from desk import calculator
from desk.forms.questions import QUESTIONS
from schemes import figures, quotes
from tests.site.world import World
from tests.support.claims import person

pytestmark = pytest.mark.django_db
YUNNAN, ON = "yunnan-mutual-aid/18", date(2022, 12, 19)


def as_user(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.people[who])
    return client


def ask(client: Client, choice: str, question: str, facts: dict[str, str], **headers: Any) -> str:
    address = f"{reverse('calculator')}?{urlencode({'choice': choice, 'ask': question})}"
    return unescape(client.post(address, facts, **headers).content.decode())


def test_two_stays_are_paid_in_order_and_nothing_is_saved(world: World) -> None:
    client, before = as_user(world, "agent"), Claim.objects.count()
    page = ask(
        client, YUNNAN, "benefit", {"stays-count": "2", "stays-0-base": "5000", "stays-1-base": "6,000元"}
    )
    assert "3,460.00" in page and "1,260.00" in page and "第七条" in page
    assert "第1次住院" in page and "第2次住院" in page
    assert Claim.objects.count() == before


def test_the_slips_columns_lead_from_total_to_base_to_benefit(world: World) -> None:
    slip = {
        "stays-0-bill-total": "20000",
        "stays-0-bill-basic_paid": "9000",
        "stays-0-bill-self_funded": "1000",
    }
    page = ask(as_user(world, "agent"), YUNNAN, "benefit", slip)
    for amount in ("20,000.00", "-9,000.00", "-1,000.00", "10,000.00", "2,760.00"):
        assert amount in page
    assert "扣除基本医疗保险支付" in page


def test_what_the_page_asks_is_the_request_that_the_api_takes(world: World) -> None:
    page = ask(as_user(world, "agent"), YUNNAN, "levy-unit", {"unit-continuing": "7", "unit-new": "3"})
    request, answer = (json.loads(text) for text in re.findall(r"<code>(\{.*?\})</code>", page, re.DOTALL))
    assert request["facts"] == {"unit": {"continuing": 7, "new": 3}}
    assert quotes.quote(request) == answer and answer["answer"]["total"] == "1290.00"


def test_an_error_stands_beside_its_field_and_is_linked_from_the_summary(world: World) -> None:
    client = as_user(world, "agent")
    page = ask(client, YUNNAN, "benefit", {"stays-0-bill-total": "1000", "stays-0-bill-basic_paid": "1100"})
    assert 'href="#id_stays-0-bill-total"' in page and "1100.00元" in page
    page = ask(client, YUNNAN, "benefit", {"stays-0-base": "many", "stays-0-discharged": "2022-05-99"})
    assert 'href="#id_stays-0-base"' in page and 'href="#id_stays-0-discharged"' in page
    page = ask(client, YUNNAN, "benefit", {})
    assert 'href="#id_stays-0-base"' in page and "试算需要这一项" in page


def test_a_figure_that_nobody_announced_is_named_in_words_and_can_be_tried(world: World) -> None:
    client = as_user(world, "agent")
    page = ask(client, "guangxi-critical-illness", "benefit", {"stays-0-base": "80000"})
    assert 'href="#id_figures-deductible"' in page and "figure_missing" not in page
    tried = {"stays-0-base": "80000", "figures-deductible": "15000", "figures-bands": "0: 53%; 50000: 60%"}
    assert "35,500.00" in ask(client, "guangxi-critical-illness", "benefit", tried)


def test_provisional_figures_are_listed_in_words(world: World) -> None:
    given = {
        "stays-0-bill-total": "50000",
        "stays-0-hospital-level": "third",
        "stays-0-discharged": "2022-06-01",
    }
    page = ask(as_user(world, "agent"), "lianyungang-basic", "benefit", given)
    before_json = page.split("<pre")[0]
    assert "暂定" in before_json and "benefit." not in before_json and "第3项" in before_json


def test_a_chain_shows_where_every_fen_ends(world: World) -> None:
    bill = {
        "stay-bill-total": "500000", "stay-bill-self_funded": "20000", "stay-bill-basic_paid": "100000",
        "stay-above_ceiling": "300000", "stay-discharged": "2022-12-28", "stay-settled": "2023-01-04",
    }  # fmt: skip
    page = ask(as_user(world, "agent"), "chain:chuxiong", "waterfall", bill)
    for amount in ("270,000.00", "75,760.00", "54,240.00", "500,000.00"):
        assert amount in page
    assert "basic_paid" not in page.split('id="answer"')[1].split("<pre")[0]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_question_of_every_scheme_has_its_page_without_raw_names(world: World, language: str) -> None:
    client = as_user(world, "agent")
    client.cookies["django_language"] = language
    seen, wrong = set(), []
    for key in calculator.keys(ON):
        subject = calculator.subject(key, on=ON)
        assert subject is not None
        for question in QUESTIONS:
            if not (subject.is_chain or question.answered_by(subject.documents[0])):
                continue
            seen.add(question.ask)
            page = client.get(reverse("calculator"), {"choice": key, "ask": question.key}).content.decode()
            labels = re.findall(r"<(?:label|legend|option|summary|h2)[^>]*>([^<]+)", page)
            wrong += [
                (key, question.key, label) for label in labels if re.search(r"[a-z]+_[a-z]+|\[\d\]", label)
            ]
            if f'name="{question.key}"' in page:
                wrong.append((key, question.key, "name"))
    assert wrong == [] and seen == {
        "benefit", "waterfall", "route", "levy", "quota", "join", "window", "due", "cover", "late_fee",
        "career", "corridor", "guarantee",
    }  # fmt: skip


def test_one_more_stay_keeps_what_was_typed(world: World) -> None:
    page = ask(as_user(world, "agent"), YUNNAN, "benefit", {"stays-0-base": "5000", "more": "1"})
    assert 'value="5000"' in page and 'name="stays-1-base"' in page and "3,460" not in page


def test_the_live_answer_is_the_answer_alone(world: World) -> None:
    page = ask(as_user(world, "agent"), YUNNAN, "route", {"amount": "3000.01"}, HTTP_HX_REQUEST="true")
    assert "办事处" in page and "<html" not in page


@pytest.mark.parametrize(
    "query", ["choice=nowhere", "choice=chain:nowhere", "choice=yunnan-mutual-aid/99", "ask=nothing",
              "choice=lianyungang-basic&on=1900-01-01", "choice=lianyungang-basic&on=x"],
)  # fmt: skip
def test_an_odd_address_gets_a_page_in_words(world: World, query: str) -> None:
    answer = as_user(world, "agent").get(f"{reverse('calculator')}?{query}")
    assert answer.status_code == 200


def test_a_place_is_chosen_where_figures_are_announced_by_place(world: World) -> None:
    """Two pilot cities pay by their own deductible; schemes without places do not ask for one."""
    center = world.people["policy"].roles.get().office
    second = person("second_policy", center, "policy")
    for code, name, deductible in (("4502", "柳州市", "10000.00"), ("4507", "钦州市", "15000.00")):
        Office.objects.create(code=code, name=name, kind="office", parent=center)
        for figure, value in (("deductible", deductible), ("bands", "0.00: 50%")):
            row = figures.record(
                scheme="guangxi-critical-illness", name=figure, year=2013, value=value, place=code,
                notice_number="号", notice_date=date(2013, 1, 1), by=world.people["policy"], on=ON,
            )  # fmt: skip
            figures.check(figure=row, by=second, on=ON)
    client = as_user(world, "agent")
    chosen = {"choice": "guangxi-critical-illness", "ask": "benefit", "on": "2013-06-01"}
    facts = {"stays-count": "1", "stays-0-base": "40000"}
    for place, total in (("4502", "15,000.00"), ("4507", "12,500.00")):
        address = f"{reverse('calculator')}?{urlencode({**chosen, 'place': place})}"
        page = client.post(address, facts).content.decode()
        assert total in page and f'value="{place}" selected' in page
    assert 'name="place"' not in client.get(reverse("calculator"), {"choice": YUNNAN}).content.decode()
    odd = client.get(reverse("calculator"), {**chosen, "place": "x"})
    assert odd.status_code == 200
