"""A person in a browser: signs in, searches, reads, prints, on a wide screen and on a phone (`make browser`)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from marketctl.layout import ROOT
from marketctl.verify.questions import ask

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

_TRADE = """SELECT t.number, t.total, t.currency FROM trades t JOIN portions p ON p.trade_id = t.id
  JOIN declarations d ON d.id = p.declaration_id WHERE d.status = 'departed' AND t.consignor_id <> t.seller_id
  AND EXISTS (SELECT 1 FROM trace_links l
    WHERE l.type = 'tax_exemption.certificate_issued.v1' AND l.refs @> ARRAY[p.id::text])
  GROUP BY t.id HAVING count(DISTINCT d.id) = 1 ORDER BY t.id LIMIT 1"""
_STEPS = ["filed", "packed", "declared", "left", "collected", "exempted"]
_MOST_BYTES = 300 * 1024
_WIDE, _PHONE = (1120, 900), (360, 740)


@pytest.fixture
def page(browser: Browser, served: Any) -> Iterator[Page]:
    """A new visitor; whatever the browser complains of fails the test."""
    context = browser.new_context(
        base_url=served.url("start-page"), locale="en-GB", viewport={"width": _WIDE[0], "height": _WIDE[1]}
    )
    opened = context.new_page()
    wrong: list[str] = []
    asked: set[str] = set()
    opened.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    opened.on("request", lambda request: asked.add(request.url.split("/")[2]))
    yield opened
    context.close()
    assert wrong == []
    assert asked == {served.url("start-page").split("/")[2]}, "nothing is fetched from elsewhere"


def sign_in(page: Page, role: str = "auditor") -> None:
    page.goto("/")
    page.select_option("select[name=role]", role)
    page.click("#sign-in form:has(select) button")
    page.wait_for_selector("#holds")


def search(page: Page, number: str) -> None:
    page.fill("input[name=number]", number)
    page.click("form.search button")
    page.wait_for_selector("#money")


def fits(page: Page) -> bool:
    """Whether nobody has to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_visitor_signs_in_searches_a_number_and_reads_its_way(page: Page, served: Any, tmp_path: Path) -> None:
    ((number, total, currency),) = ask(served.installation, "trade-ledger", _TRADE)
    sign_in(page)
    assert page.locator("#holds li").count() == 6
    search(page, number)
    assert page.url.endswith(f"/trace/{number}")
    assert [each.get_attribute("id") for each in page.locator(".steps li").all()] == [f"step-{each}" for each in _STEPS]
    assert {each.get_attribute("class") for each in page.locator(".steps li").all()} == {"done"}
    assert page.locator("#money li").count() == 7
    assert page.inner_text("#money-registered b") == f"{currency} {total:.2f}"
    assert page.inner_text("#money-open b") == f"{currency} 0.00"
    assert page.locator("#causal tbody tr").count() > 10
    picture = page.screenshot(path=tmp_path / "trace.png")
    assert struct.unpack(">II", picture[16:24]) == _WIDE
    assert len(picture) <= _MOST_BYTES
    if os.environ.get("PICTURE"):
        (ROOT / os.environ["PICTURE"]).write_bytes(picture)
    page.click("#switch")
    page.wait_for_selector("html[lang=zh]")
    assert page.url.endswith(f"/trace/{number}")
    assert "六个环节" in page.inner_text("main")
    page.click("#switch")
    page.wait_for_selector("html[lang=en]")
    assert "The six steps" in page.inner_text("main")


def test_the_page_prints_without_what_only_a_screen_needs(page: Page, served: Any, tmp_path: Path) -> None:
    ((number, *_),) = ask(served.installation, "trade-ledger", _TRADE)
    sign_in(page)
    search(page, number)
    page.emulate_media(media="print")
    assert not page.is_visible("form.search")
    assert page.is_visible("#causal")
    printed = page.pdf(path=tmp_path / "trace.pdf", format="A4")
    assert printed.startswith(b"%PDF-")
    assert len(printed) > 10_000


@pytest.mark.parametrize("path", ["/", "/trace/{number}", "/trace/no-such-number"])
def test_a_phone_shows_it_whole(page: Page, served: Any, path: str) -> None:
    ((number, *_),) = ask(served.installation, "trade-ledger", _TRADE)
    sign_in(page)
    page.set_viewport_size({"width": _PHONE[0], "height": _PHONE[1]})
    answer = page.context.request.get(path.format(number=number))
    if answer.status == 200:
        page.goto(path.format(number=number))
        assert fits(page)
    else:
        # The browser would report the 404 as an error of the page.
        page.set_content(answer.text())
        assert fits(page)


def test_the_token_is_out_of_reach_of_scripts(page: Page) -> None:
    sign_in(page)
    assert page.evaluate("document.cookie") == ""
    (token,) = (each for each in page.context.cookies() if each["name"] == "token")
    assert (token["httpOnly"], token["sameSite"]) == (True, "Strict")
