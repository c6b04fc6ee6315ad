"""The pages without any service behind them: what protects the visitor, and what is said when nothing answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import Request

from marketctl.page.app import Pages, make_page
from marketctl.page.facts import Facts, Step, Trade
from marketctl.page.missing import missing
from marketctl.page.settings import PageSettings
from marketctl.page.steps import stages
from marketctl.page.tracing import Traced
from marketctl.page.visitor import visitor_of
from shared.settings import read_settings
from shared.workshop.processes.ports import free_port

JWT = "e30.eyJyb2xlIjogImF1ZGl0b3IifQ.x"


def settings(**changed: Any) -> PageSettings:
    nobody = f"http://127.0.0.1:{free_port()}"
    addresses = {f"{each}_url": nobody for each in ("registry", "trade_ledger", "fx_settlement", "tax_exemption")}
    return PageSettings(**{**addresses, **changed})


@asynccontextmanager
async def browsing(**changed: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = make_page(settings(**changed))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client,
    ):
        yield client


async def test_no_page_needs_or_allows_a_script_or_anything_from_elsewhere() -> None:
    async with browsing() as client:
        for path in ("/", "/trace/X-1", "/style.css", "/icon.svg", "/livez"):
            for method in ("GET", "HEAD"):
                answer = await client.request(method, path)
                policy = answer.headers["content-security-policy"]
                assert "default-src 'none'" in policy
                assert "script" not in policy
                assert "unsafe" not in policy
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["cache-control"] == "no-store"
        for path in ("/", "/trace/X-1"):
            text = (await client.get(path)).text
            assert "<script" not in text
            assert "style=" not in text


async def test_when_nothing_answers_the_page_says_so_and_isnt_ready() -> None:
    async with browsing() as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
        start = await client.get("/", headers={"accept-language": "en"})
        assert start.status_code == 200
        assert start.text.count("doesn&#39;t answer") == 4
        traced = await client.get("/trace/X-1", headers={"accept-language": "en", "cookie": f"token={JWT}"})
        assert traced.status_code == 503
        for service in ("registry", "trade-ledger", "fx-settlement", "tax-exemption"):
            assert f"{service} doesn&#39;t answer" in traced.text


async def test_a_token_is_kept_where_no_script_and_no_other_site_can_use_it() -> None:
    async with browsing() as client:
        answer = await client.post("/sign-in", data={"token": JWT, "to": "/trace/X-1"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/trace/X-1")
        cookie = answer.headers["set-cookie"]
        assert all(each in cookie for each in (f"token={JWT}", "HttpOnly", "SameSite=strict", "Secure", "Path=/"))
        assert JWT not in answer.text
    async with browsing(environment="sandbox") as client:
        assert "Secure" not in (await client.post("/sign-in", data={"token": JWT})).headers["set-cookie"]


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "http://evil"}, {"origin": "null"}])
async def test_a_form_of_another_site_signs_nobody_in_or_out(headers: dict[str, str]) -> None:
    async with browsing() as client:
        for path in ("/sign-in", "/sign-out"):
            answer = await client.post(path, data={"token": JWT}, headers=headers)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("to", ["http://evil/", "//evil/", "/\\evil", "evil", ""])
async def test_nobody_is_led_to_another_site(to: str) -> None:
    async with browsing() as client:
        assert (await client.post("/sign-in", data={"token": JWT, "to": to})).headers["location"] == "/"
        assert (await client.get("/language/en", params={"to": to})).headers["location"] == "/"


async def test_without_a_development_issuer_a_role_is_refused_plainly() -> None:
    async with browsing() as client:
        answer = await client.post("/sign-in", data={"role": "auditor"}, headers={"accept-language": "en"})
        assert answer.status_code == 400
        assert "There is no development issuer here" in answer.text
        assert "<select" not in answer.text
    # Production never asks one, whatever the settings say.
    async with browsing(issuer_url=f"http://127.0.0.1:{free_port()}") as client:
        answer = await client.post("/sign-in", data={"role": "auditor"}, headers={"accept-language": "en"})
        assert "There is no development issuer here" in answer.text
    async with browsing(issuer_url=f"http://127.0.0.1:{free_port()}", environment="sandbox") as client:
        answer = await client.post("/sign-in", data={"role": "auditor"}, headers={"accept-language": "en"})
        assert "The issuer doesn&#39;t answer" in answer.text


@pytest.mark.parametrize("content", [b"token=" + b"x" * 20000, b"\xff\xfe", b"token=a%0D%0Ab", b"token=a;b", b""])
async def test_what_is_no_token_is_refused(content: bytes) -> None:
    async with browsing() as client:
        answer = await client.post("/sign-in", content=content)
        assert answer.status_code == 400
        assert "set-cookie" not in answer.headers


async def test_whatever_is_asked_is_shown_as_text() -> None:
    async with browsing() as client:
        for asked in ("%3Cscript%3Ealert(1)%3C/script%3E", "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E", "a%2Fb%3Fc"):
            answer = await client.get(f"/trace/{asked}", headers={"cookie": f"token={JWT}"})
            assert "<script" not in answer.text
            assert "<img" not in answer.text
        found = await client.get("/trace", params={"number": " a/b?c "})
        assert found.headers["location"] == "/trace/a%2Fb%3Fc"


async def test_what_services_tell_is_shown_as_text() -> None:
    app = make_page(settings())
    async with app.router.lifespan_context(app):
        bad = "<script>alert(1)</script>"
        scope = {"type": "http", "method": "GET", "path": "/trace/x", "headers": [], "query_string": b"",
                 "server": ("page", 80), "scheme": "http"}  # fmt: skip
        step = Step(
            "2026-05-13T01:00:00Z", "trade_ledger.trade_registered.v1", bad, bad, {"number": bad, "status": bad}
        )
        facts = Facts(steps=(step,), trades=(Trade(bad, "USD", 1, buyer_named=False),), silent=(bad,))  # type: ignore[arg-type]  # any number
        pages: Pages = app.state.pages
        request = Request(scope)
        lacking = missing(facts)
        answer = pages.shown(
            "trace.html", request, visitor_of(request), asked=bad, kind="trade", facts=facts, lacking=lacking,
            stages=stages(facts.steps, lacking), places=[], found=Traced(None, facts, silent=(bad,)), most=20,  # type: ignore[arg-type]  # not shown
        )  # fmt: skip
    text = bytes(answer.body).decode()
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 6


async def test_the_language_can_be_chosen() -> None:
    async with browsing() as client:
        assert '<html lang="zh">' in (await client.get("/")).text
        assert '<html lang="en">' in (await client.get("/", headers={"accept-language": "en"})).text
        answer = await client.get("/language/en", params={"to": "/trace/X-1"})
        assert answer.headers["location"] == "/trace/X-1"
        assert "language=en" in answer.headers["set-cookie"]
        assert '<html lang="en">' in (await client.get("/", headers={"cookie": "language=en"})).text
        assert "set-cookie" not in (await client.get("/language/xx")).headers


def test_a_missing_setting_ends_the_process_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for each in ("REGISTRY", "TRADE_LEDGER", "FX_SETTLEMENT", "TAX_EXEMPTION"):
        monkeypatch.delenv(f"{each}_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        read_settings(PageSettings)
    assert ended.value.code == 2
    assert "the setting TRADE_LEDGER_URL is missing" in capsys.readouterr().err
