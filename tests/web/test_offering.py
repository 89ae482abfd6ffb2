"""The pages on which an owner writes terms, tries them, offers, compares, withdraws, and sees who could read."""

import html
import re
import threading
from dataclasses import replace

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given

from renkei.exchange import api as exchange
from renkei.parties import api as parties
from renkei.web import wishes as form
from renkei.web.views import offering
from tests.exchange.test_writing import wishes as wished
from tests.factories import parties as members
from tests.web.scenes import CALLBACK, MAY, PEER, TERMS, offer, request, scene, signed_in

pytestmark = pytest.mark.django_db
SAFE = {"cell": "jis-mesh:2", "minimum_group": "2", "entity": "device", "purpose": ["research"]}
COLUMNS = ["device", "payload", "note", "born", "reading"]


def _new(of) -> str:
    return f"/datasets/{of.dataset.id}/offers/new"


def _text(answer, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()
    return html.unescape(answer.content.decode())


def _alert(text: str) -> str:
    return text[text.index('role="alert"') :][:600]


def _posted(said: dict[str, object]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in said.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


def _fields(shown: dict, columns: list[str]) -> dict[str, object]:
    """Return what a browser would post for a page that shows these fields."""
    wishes, said = shown["wishes"], {}
    said |= {name: getattr(wishes, name) for name in form._WORDS} | dict(shown["times"])
    said["purpose"] = [word for word in wishes.purpose if word in exchange.PURPOSES]
    said |= {
        "purposes": shown["purposes_beside"],
        "recipient": shown["recipients"],
        "membership": shown["memberships"],
        "place": shown["places"],
        "lasting_number": shown["lasting"].number,
        "lasting_unit": shown["lasting"].unit,
        "rate_uses": shown["rate_uses"],
        "rate_number": shown["rate"].number,
        "rate_unit": shown["rate"].unit,
        "duty": shown["duties"],
        "forbid": list(wishes.forbid),
    }
    for at, choice in enumerate(shown["choices"]):
        said |= {f"give-{at}": choice.given, f"amount-{at}": choice.amount}
        said |= {f"group-{at}": "yes"} if choice.grouped else {}
    said |= {"group-cell": "yes"} if shown["cell_grouped"] else {}
    return said | ({"onward_allowed": "yes"} if wishes.onward_allowed else {})


def _on_a_page(said: exchange.Wishes) -> exchange.Wishes:
    """Return wishes as a browser's fields hold them: times to the second, one choice for each column."""
    times = ("starts", "until", "observed_from", "observed_until")
    return replace(
        said,
        **{name: re.sub(r"\.\d+Z", "Z", getattr(said, name)) for name in times},
        mask=tuple(each for each in said.mask if each.partition("=")[0] not in said.withhold),
    )


@given(wished())
def test_what_the_page_shows_is_what_it_sends_back(said) -> None:
    said = _on_a_page(said)
    columns = sorted({*COLUMNS, *said.group_by})

    shown = form.shown(said, columns=columns, purposes=exchange.PURPOSES)
    sent = form.read_form(_posted(_fields(shown, columns)), columns=columns)

    assert exchange.read_back(exchange.write_terms(sent)).wishes == said


def test_the_form_begins_from_a_template_with_the_datasets_own_columns() -> None:
    shown = scene()

    text = _text(signed_in(shown.org).get(f"{_new(shown)}?template=coarse-positions"))

    assert "<option selected>jis-mesh:2</option>" in text
    assert 'id="minimum_group" name="minimum_group" inputmode="numeric" maxlength="12" value="5"' in text
    assert "<option selected>device</option>" in text
    assert 'value="hash" selected' in text
    assert [len(re.findall(f'<option value="{word}"', text)) for word in ("PT15M", "aggregates", "year")] == [
        1,
        1,
        7,
    ]


def test_the_form_begins_from_an_offer_and_says_what_it_leaves_out() -> None:
    shown = scene()
    rich = TERMS | {
        "permission": [
            {
                "action": "use",
                "constraint": [
                    *TERMS["permission"][0]["constraint"],
                    {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2090-01-01T00:00:00Z"},
                ],
            }
        ]
    }
    made = offer(shown.dataset, terms=rich)

    text = _text(signed_in(shown.org).get(_new(shown), {"from": made.id}))

    assert 'id="purpose-research" name="purpose" value="research" checked' in text
    assert "are left out" in text
    assert "only before 1 January 2090, 00:00 UTC" in text


def test_terms_are_said_as_sentences_with_the_odrl_one_click_away() -> None:
    shown = scene()

    text = _text(signed_in(shown.org).post(_new(shown), SAFE | {"act": "say"}))

    assert "The data may be used only for research." in text
    assert re.search(r"<details><summary>[^<]*ODRL[^<]*</summary><pre tabindex=\"0\">\{", text)
    assert exchange.offers(dataset=shown.dataset.id) == (shown.offer,)


def test_a_simulation_shows_rows_and_what_is_withheld_and_what_a_participant_would_meet() -> None:
    shown = scene()

    text = _text(
        signed_in(shown.org).post(
            _new(shown),
            SAFE | {"act": "simulate", "minimum_group": "4", "asker": PEER, "asker_purpose": "contest"},
        )
    )

    assert "The first 12 rows as the recipient would see them" in text
    assert re.search(r"rk:minimumGroup</code></small></th><td[^>]*>12</td>", text)
    assert "refused" in text[text.index(f"{PEER}:") :]
    assert "contest" in text[text.index(f"{PEER}:") :]
    assert exchange.offers(dataset=shown.dataset.id) == (shown.offer,)


def test_no_row_of_what_stays_in_place_is_shown() -> None:
    shown = scene()

    text = _text(
        signed_in(shown.org).post(
            _new(shown), SAFE | {"cell": "", "act": "simulate", "delivery": "in-place", "minimum_group": "3"}
        )
    )

    assert "No row leaves; the figures" in text
    assert 'id="sample"' not in text


@pytest.mark.parametrize(
    ("handling", "automatic", "by_hand"),
    [("decide", False, False), ("automatic", True, False), ("by-hand", False, True)],
)
def test_an_offer_is_made_as_the_form_says(handling: str, automatic: bool, by_hand: bool) -> None:
    shown = scene()

    answer = signed_in(shown.org).post(_new(shown), SAFE | {"act": "offer", "handling": handling})

    made = exchange.offers(dataset=shown.dataset.id)[-1]
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/datasets/{shown.dataset.id}")
    assert (made.automatic, made.by_hand) == (automatic, by_hand)
    assert exchange.read_back(made.terms).wishes == exchange.Wishes(
        purpose=("research",), cell="jis-mesh:2", minimum_group="2", entity="device"
    )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"cell": "", "minimum_group": ""}, "latitude"),
        ({"minimum_group": "many"}, "many"),
        ({"until": "soon"}, "soon"),
        ({"until": "2020-01-01T00:00"}, "2019-12-31T15:00:00Z"),
        ({"rate_uses": "5"}, "rk:rate"),
        ({"duty": "dance"}, "dance"),
        ({"give-0": "truncate", "amount-0": "x"}, "column=truncate:3"),
        ({"delivery": "aggregates"}, "rk:groupBy"),
    ],
)
def test_what_cannot_be_offered_is_said_on_the_page_and_what_was_written_stays(
    said: dict, words: str
) -> None:
    shown = scene()

    text = _text(signed_in(shown.org).post(_new(shown), SAFE | said | {"act": "offer"}), 400)

    assert words in _alert(text)
    assert 'id="purpose-research" name="purpose" value="research" checked' in text
    assert exchange.offers(dataset=shown.dataset.id) == (shown.offer,)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"minimum_group": "many"}, "minimum_group"),
        ({"lasting_number": "x"}, "lasting"),
        ({"place": "??"}, "place"),
    ],
)
def test_the_page_leads_to_the_field_that_has_to_be_corrected(said: dict, field: str) -> None:
    shown = scene()

    text = _text(signed_in(shown.org).post(_new(shown), SAFE | said | {"act": "say"}), 400)

    assert f'<a href="#{field}">' in _alert(text)
    assert re.findall(r'id="([^"]+)" name="[^"]+" aria-invalid="true"', text) == [field]


def test_every_operand_of_the_form_that_can_be_misspelt_leads_to_a_field() -> None:
    page = _text(signed_in((shown := scene()).org).get(_new(shown)))

    assert set(form.FIELD_OF.values()) <= set(re.findall(r'\bid="([^"]+)"', page))


def test_what_was_written_is_shown_and_never_run() -> None:
    shown, evil = scene(), '"><script>alert(1)</script>'
    fields = (
        "purposes", "place", "recipient", "membership", "starts", "lasting_number", "lasting_unit", "count",
        "rate_uses", "rate_number", "cell", "time_resolution", "minimum_group", "entity", "delivery",
        "privacy_budget", "duty", "forbid", "give-0", "amount-0", "handling", "asker", "asker_purpose", "act",
    )  # fmt: skip

    for field in fields:
        for act in ("say", "simulate", "offer"):
            answer = signed_in(shown.org).post(_new(shown), SAFE | {"act": act} | {field: evil})
            assert "<script" not in answer.content.decode(), field
    for page in (f"{_new(shown)}?template={evil}", f"{_new(shown)}?from={evil}"):
        assert "<script" not in signed_in(shown.org).get(page).content.decode()


def test_another_organisation_neither_sees_nor_offers_nor_withdraws() -> None:
    shown = scene()
    other = signed_in(members.organisation(slug="other-lab"))
    base = f"/datasets/{shown.dataset.id}"

    answers = [
        other.get(_new(shown)),
        other.post(_new(shown), SAFE | {"act": "simulate"}),
        other.post(_new(shown), SAFE | {"act": "offer"}),
        other.post(f"{base}/offers/{shown.offer.id}/withdraw"),
        other.get(f"{base}/compare"),
        other.get(f"{base}/audience"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert exchange.offers(dataset=shown.dataset.id) == (shown.offer,)


def test_who_may_only_look_and_the_operator_neither_simulate_nor_offer() -> None:
    shown = scene()
    base = f"/datasets/{shown.dataset.id}"

    for browser in (signed_in(shown.org, scopes=frozenset({parties.Scope.EXCHANGE})), signed_in(None)):
        answers = [
            browser.get(_new(shown)),
            browser.post(_new(shown), SAFE | {"act": "simulate"}),
            browser.post(_new(shown), SAFE | {"act": "offer"}),
            browser.post(f"{base}/offers/{shown.offer.id}/withdraw"),
        ]
        assert [answer.status_code for answer in answers] == [403] * 4
        assert browser.get(f"{base}/audience").status_code == 200
        assert "Offer it under terms" not in _text(browser.get(base))
    assert exchange.offers(dataset=shown.dataset.id) == (shown.offer,)


def test_nothing_is_done_without_the_pages_own_token() -> None:
    shown = scene()
    token = members.token(org=shown.org, scopes=frozenset(parties.Scope))
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/sign-in").content.decode()
    csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert csrf
    browser.post("/sign-in", {"token": token.secret, "csrfmiddlewaretoken": csrf[1]})

    for page in (_new(shown), f"/datasets/{shown.dataset.id}/offers/{shown.offer.id}/withdraw"):
        assert browser.post(page, SAFE | {"act": "offer"}).status_code == 403
    assert exchange.offers(dataset=shown.dataset.id) == (shown.offer,)


def test_an_offer_is_withdrawn_from_the_datasets_page() -> None:
    shown = scene()
    browser = signed_in(shown.org)

    assert "Withdraw this offer" in _text(browser.get(f"/datasets/{shown.dataset.id}"))
    answer = browser.post(f"/datasets/{shown.dataset.id}/offers/{shown.offer.id}/withdraw")

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/datasets/{shown.dataset.id}")
    assert exchange.offers(dataset=shown.dataset.id)[0].withdrawn_at is not None


def test_an_offer_is_not_withdrawn_through_anothers_dataset() -> None:
    ours, theirs = scene(), scene(slug="other-lab")

    answer = signed_in(ours.org).post(f"/datasets/{ours.dataset.id}/offers/{theirs.offer.id}/withdraw")

    assert answer.status_code == 404
    assert exchange.offers(dataset=theirs.dataset.id)[0].withdrawn_at is None


def test_two_offers_stand_side_by_side_with_what_each_lets_leave_on_demand() -> None:
    shown = scene()
    other = offer(shown.dataset, terms=TERMS | {"prohibition": []})
    browser, page = signed_in(shown.org), f"/datasets/{shown.dataset.id}/compare"
    asked = {"one": other.id, "other": shown.offer.id}

    text = _text(browser.get(page, asked))
    released = _text(browser.post(page, asked))

    assert 'class="removed"' in text
    assert f'name="one" value="{other.id}"><input type="hidden" name="other" value="{shown.offer.id}"' in text
    assert "must not pass the data on" in text
    assert 'id="released"' not in text
    assert 'id="released"' in released
    assert _text(browser.get(page, {"one": "x", "other": "y"})).count("<option") == 4
    assert signed_in(None).post(page, asked).status_code == 403


def test_the_audience_tells_who_sees_and_who_could_read() -> None:
    shown = scene()
    request(shown)

    text = _text(signed_in(shown.org).get(f"/datasets/{shown.dataset.id}/audience"))

    assert "far-lab" in text
    assert "may read" in text


def test_pages_cost_the_same_however_many_offers_and_participants_there_are() -> None:
    shown = scene()
    request(shown)  # somebody is known from the beginning: of nobody, nothing is looked up
    browser, base = signed_in(shown.org), f"/datasets/{shown.dataset.id}"
    pages = (base, f"{base}/offers/new", f"{base}/audience", f"{base}/compare")

    def costs() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as asked:
                assert browser.get(page).status_code == 200
            found.append(len(asked))
        return found

    before = costs()
    for number in range(3):
        offer(shown.dataset)
        members.organisation(slug=f"lab-{number}")
        exchange.receive_request(
            org=shown.org.id,
            peer=parties.organisation_by_slug(f"lab-{number}").participant,
            consumer_pid=f"urn:peer:{number}",
            provider_pid=None,
            offer=shown.offer.policy(target=True),
            callback=CALLBACK,
            now=MAY,
        )

    assert costs() == before


def test_a_third_simulation_at_once_is_put_off_and_says_so() -> None:
    shown = scene()
    busy = threading.BoundedSemaphore(1)
    busy.acquire()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offering, "_AT_ONCE", busy)
        text = _text(signed_in(shown.org).post(_new(shown), SAFE | {"act": "simulate"}), 400)

    assert "Other simulations are under way" in _alert(text)


def test_every_field_has_a_label() -> None:
    shown = scene()
    offer(shown.dataset)
    browser, base = signed_in(shown.org), f"/datasets/{shown.dataset.id}"

    for page in (f"{base}/offers/new", f"{base}/compare"):
        text = _text(browser.get(page))
        labelled = set(re.findall(r'<label for="([^"]+)"', text))
        fields = re.findall(r"<(?:input|select|textarea)\b[^>]*>", text)
        for field in fields:
            if 'type="hidden"' in field:
                continue
            found = re.search(r'\bid="([^"]+)"', field)
            assert "aria-label=" in field or (found and found[1] in labelled), field
        described = {each for ids in re.findall(r'aria-describedby="([^"]+)"', text) for each in ids.split()}
        assert described <= set(re.findall(r'\bid="([^"]+)"', text))
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
