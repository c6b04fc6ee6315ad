"""The start page and the trace page over the sample days: real services, real tokens, both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from marketctl.verify.questions import ask

# The fixture's type is in conftest.py, which can't be imported: pytest runs in importlib mode.
Lived = Any

_TRADE = """SELECT t.number, t.external_ref, t.seller_id, t.consignor_id, t.total, t.currency, d.customs_number
  FROM trades t JOIN portions p ON p.trade_id = t.id JOIN declarations d ON d.id = p.declaration_id
  WHERE d.status = 'departed' AND t.consignor_id <> t.seller_id AND t.external_ref <> ''
  AND EXISTS (SELECT 1 FROM trace_links l
    WHERE l.type = 'tax_exemption.certificate_issued.v1' AND l.refs @> ARRAY[p.id::text])
  ORDER BY t.id LIMIT 1"""


@contextmanager
def visiting(lived: Lived, language: str = "en", **who: Any) -> Iterator[httpx.Client]:
    base = lived.layout.url("start-page")
    headers = {"accept-language": language}
    with httpx.Client(base_url=base, headers=headers, follow_redirects=True, trust_env=False, timeout=60) as client:
        if who:
            form = {name: str(value) for name, value in who.items()}
            assert client.post("/sign-in", data=form).status_code == 200
        yield client


def read(text: str) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def money(text: str) -> dict[str, str]:
    """The strip, by place."""
    tiles = re.findall(r'<li id="money-(\w+)">(.*?)</li>', text, re.DOTALL)
    return {name: " ".join(re.findall(r"<b>(.*?)</b>", tile)) for name, tile in tiles}


def test_the_start_page_tells_what_runs_and_what_is_in_it(lived: Lived) -> None:
    with visiting(lived) as stranger:
        text = read(stranger.get("/").text)
        assert text.count(" ready ready ok ") == 4
        assert "Sign in first" in text
        assert "LS-" not in text
    with visiting(lived, role="auditor") as auditor:
        page = auditor.get("/").text
    counts = dict(re.findall(r'<li id="count-(\w+)">[^<]*<b>([^<]*)</b>', page))
    market = lived.layout.installation
    held = {
        "trades": ask(market, "trade-ledger", "SELECT count(*) FROM trades")[0][0],
        "packing_lists": ask(market, "trade-ledger", "SELECT count(*) FROM packing_lists")[0][0],
        "collections": ask(market, "fx-settlement", "SELECT count(*) FROM collections")[0][0],
        "exemptions": ask(market, "tax-exemption", "SELECT count(*) FROM exemption_returns")[0][0],
    }
    assert {name: int(counts[name]) for name in held} == held
    with visiting(lived, role="auditor") as auditor:
        for each in re.findall(r'href="(/trace/[^"]+)"', page):
            assert auditor.get(each).status_code == 200, each
    with visiting(lived, role="ip_office") as office:
        counts = dict(re.findall(r'<li id="count-(\w+)">[^<]*<b>([^<]*)</b>', office.get("/").text))
        assert counts["collections"] == "—"
        assert counts["trades"] == str(held["trades"])


def test_a_trade_is_told_from_filing_to_exemption_in_both_languages(lived: Lived) -> None:
    ((number, slip, _, _, total, currency, customs_number),) = ask(lived.layout.installation, "trade-ledger", _TRADE)
    with visiting(lived, role="auditor") as auditor:
        page = auditor.get(f"/trace/{number}")
        assert page.status_code == 200
        states = re.findall(r'<li class="(\w+)" id="step-(\w+)">', page.text)
        assert [name for _, name in states] == ["filed", "packed", "declared", "left", "collected", "exempted"]
        assert {state for state, _ in states} == {"done"}
        places = money(page.text)
        assert places["registered"] == places["declared"] == places["released"] == f"{currency} {total:.2f}"
        assert places["open"] == f"{currency} 0.00"
        assert re.fullmatch(r"CNY [0-9]+\.[0-9]{2}", places["exempted"])
        text = read(page.text)
        assert "Nothing is missing." in text
        for said in ("trade registered", "declaration accepted", "goods departed", "collection matched",
                     "exemption return accepted", "agreement confirmed", customs_number):  # fmt: skip
            assert said in text, said
        for asked in (slip, customs_number):
            assert number in auditor.get(f"/trace/{asked}").text
    with visiting(lived, "zh-CN", role="auditor") as auditor:
        text = read(auditor.get(f"/trace/{number}").text)
        for said in ("六个环节", "登记交易单", "海关接受申报", "税务受理免税申报", "什么都不缺。"):
            assert said in text, said
        assert "trade registered" not in text


def test_what_is_missing_is_told_with_who_must_act(lived: Lived) -> None:
    waiting = "SELECT number FROM declarations WHERE status = 'submitted' ORDER BY id LIMIT 1"
    ((number,),) = ask(lived.layout.installation, "trade-ledger", waiting)
    with visiting(lived, role="customs") as customs:
        page = customs.get(f"/trace/{number}").text
        assert f"Declaration {number}: customs accepts it customs" in read(page)
        # Customs reads no collections: that is no zero.
        assert {money(page)[name] for name in ("collected", "passed_on", "open")} == {"—"}


def test_a_visitor_sees_what_the_services_let_its_role_see(lived: Lived) -> None:
    market = lived.layout.installation
    ((number, _, seller, consignor, *_),) = ask(market, "trade-ledger", _TRADE)
    others = f"SELECT id FROM trades WHERE seller_id <> '{seller}' AND owner_id <> '{seller}' LIMIT 1"
    ((foreign,),) = ask(market, "trade-ledger", others)
    with visiting(lived, role="stall_holder", subject_id=seller) as holder:
        own = holder.get(f"/trace/{number}")
        assert own.status_code == 200
        steps = read(own.text)
        for whose in (seller, consignor):
            ((subject,),) = ask(market, "registry", f"SELECT number FROM subjects WHERE id = '{whose}'")
            assert (subject in steps) == (whose == seller)
        hidden, unknown = holder.get(f"/trace/{foreign}"), holder.get("/trace/LS-TR-9999999-00")
        assert hidden.status_code == unknown.status_code == 404
        same = [
            read(each.text).replace(str(foreign), "#").replace("LS-TR-9999999-00", "#") for each in (hidden, unknown)
        ]
        assert same[0] == same[1]
        assert "These numbers are read:" in same[0]
    with visiting(lived) as stranger:
        assert stranger.get(f"/trace/{number}").status_code == 401
        stranger.cookies.set("token", "a.b.c")
        refused = stranger.get(f"/trace/{number}")
        assert refused.status_code == 401
        assert "The token is wrong or has expired" in read(refused.text)


def test_a_bank_that_may_not_trace_sees_its_own_records(lived: Lived) -> None:
    found = "SELECT number, bank_reference, bank_id, amount FROM collections ORDER BY id LIMIT 1"
    ((number, reference, bank, amount),) = ask(lived.layout.installation, "fx-settlement", found)
    with visiting(lived, role="bank", bank_id=bank) as own:
        for asked in (number, reference):
            page = own.get(f"/trace/{asked}")
            assert page.status_code == 200
            assert "Your role may not see this" in read(page.text)
            assert f"<dd>{amount:.2f}</dd>" in page.text
    with visiting(lived, role="system") as admin:
        assert admin.get(f"/trace/{number}").status_code == 403


def test_a_service_that_doesnt_answer_is_named_and_the_rest_is_shown(lived: Lived) -> None:
    ((number, *_, customs_number),) = ask(lived.layout.installation, "trade-ledger", _TRADE)
    with visiting(lived, role="auditor") as auditor:
        for service, lost in (("tax-exemption", "exempted"), ("fx-settlement", "collected"), ("trade-ledger", "")):
            lived.platform.stop_service(service)
            try:
                page = auditor.get(f"/trace/{number if lost else customs_number}")
                assert page.status_code == 200
                text = read(page.text)
                assert f"{service} doesn&#39;t answer" in text
                if lost:
                    assert money(page.text)[lost] == "—"
                    assert "trade registered" in text
                else:
                    assert "What the services have of it" in text
                assert "doesn&#39;t answer: look at its log" in read(auditor.get("/").text)
            finally:
                lived.platform.start_service(service)
                lived.platform.wait_ready(lambda line: None)
        assert auditor.get(f"/trace/{number}").status_code == 200
