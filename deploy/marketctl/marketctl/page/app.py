"""The page's process: no database, no rights, no script; it asks the services with the visitor's own token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from marketctl.layout import CHINESE, SERVICES
from marketctl.page.amounts import strip
from marketctl.page.asking import Asking, development_token
from marketctl.page.missing import missing
from marketctl.page.overview import counts, examples, parties, running
from marketctl.page.settings import PageSettings
from marketctl.page.steps import stages
from marketctl.page.tracing import MOST, Traced, traced
from marketctl.page.visitor import LANGUAGE, TOKEN, Visitor, form_of, is_own_form, is_token, keep, visitor_of
from marketctl.page.words import LANGUAGES, known
from shared.http.identity import ROLES
from shared.vocabulary.legal_time import LEGAL_ZONE

_HERE = Path(__file__).parent
_READ = ["GET", "HEAD"]
_SEE_OTHER = 303
_STYLE = (_HERE / "templates" / "style.css").read_text("utf-8")
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#9b1c1c"/>'
    '<path d="M3 8h3l2-4 2 8 2-4h1" fill="none" stroke="#fff" stroke-width="1.5"/></svg>'
)
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}


class Pages:
    """Renders the templates for a visitor."""

    def __init__(self, settings: PageSettings, client: httpx.AsyncClient) -> None:
        self.settings = settings
        self.client = client
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def asking(self, visitor: Visitor) -> Asking:
        """Calls as the visitor."""
        return Asking(self.client, self.settings.addresses, visitor.token)

    def shown(self, name: str, request: Request, visitor: Visitor, *, status: int = 200, **facts: Any) -> Response:
        """A page."""
        text = self._templates.get_template(name).render(
            words=visitor.words,
            visitor=visitor,
            other=next(each for each in LANGUAGES if each != visitor.words.language),
            here=quote(request.url.path),
            sandbox=self.settings.development_issuer is not None,
            roles=ROLES,
            told=_told,
            address=_address,
            **{"asked": "", **facts},
        )
        return Response(text, status, media_type="text/html; charset=utf-8")


def _told(at: str) -> str:
    """A point in time as people read it, in Beijing: `2026-05-13 09:00:09`."""
    return datetime.fromisoformat(at).astimezone(LEGAL_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _address(number: str) -> str:
    """Where the trace of a number is."""
    return f"/trace/{quote(number, safe='')}"


def make_page(settings: PageSettings) -> FastAPI:
    """The page's application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # The services are on this machine or in its cluster, where a proxy for the outside doesn't lead.
        async with httpx.AsyncClient(trust_env=False) as client:
            app.state.pages = Pages(settings, client)
            yield

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan, redirect_slashes=False)

    @app.middleware("http")
    async def guarded(request: Request, follow: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = await follow(request)
        answer.headers.update(_HEADERS)
        return answer

    _add_health(app)
    _add_pages(app)
    _add_signing(app, secure=settings.environment == "production")
    return app


def _add_health(app: FastAPI) -> None:
    @app.api_route("/livez", methods=_READ)
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @app.api_route("/readyz", methods=_READ)
    async def ready(request: Request) -> Response:
        """503 where no service answers: there is nothing to show then."""
        pages: Pages = request.app.state.pages
        asking = Asking(pages.client, pages.settings.addresses, None)
        answers = await asking.ask_all([(service, "/livez") for service in SERVICES])
        told = {answer.service: "ok" if answer.is_good else "silent" for answer in answers}
        is_ready = "ok" in told.values()
        return JSONResponse({"status": "ready" if is_ready else "not ready", **told}, 200 if is_ready else 503)

    @app.api_route("/style.css", methods=_READ)
    async def style() -> Response:
        return Response(_STYLE, media_type="text/css; charset=utf-8")

    @app.api_route("/icon.svg", methods=_READ)
    async def icon() -> Response:
        return Response(_ICON, media_type="image/svg+xml")


def _add_pages(app: FastAPI) -> None:
    @app.api_route("/", methods=_READ)
    async def start(request: Request) -> Response:
        return await start_page(request, visitor_of(request))

    @app.api_route("/trace", methods=_READ)
    async def search(request: Request) -> Response:
        asked = request.query_params.get("number", "").strip()
        return RedirectResponse(_address(asked) if asked else "/", _SEE_OTHER)

    @app.api_route("/trace/{asked:path}", methods=_READ)
    async def trace(asked: str, request: Request) -> Response:
        return await trace_page(request, visitor_of(request), asked)

    @app.api_route("/language/{language}", methods=_READ)
    async def language(language: str, request: Request) -> Response:
        answer = RedirectResponse(_back(request.query_params.get("to")), _SEE_OTHER)
        if language in LANGUAGES:
            keep(answer, LANGUAGE, language, secure=False)
        return answer


def _back(said: str | None) -> str:
    """A path of ours, and nothing that a browser reads as another site's address."""
    return said if said and said.startswith("/") and said[1:2] not in ("/", "\\") else "/"


async def start_page(request: Request, visitor: Visitor, *, error: str = "", status: int = 200) -> Response:
    """What runs, what is in it, numbers to try."""
    pages: Pages = request.app.state.pages
    asking = pages.asking(visitor)
    sandbox = pages.settings.development_issuer is not None
    return pages.shown(
        "start.html",
        request,
        visitor,
        status=status,
        error=error,
        chinese=CHINESE,
        services=await running(asking, pages.settings.addresses),
        counts=await counts(asking) if visitor.token else {},
        examples=await examples(asking) if visitor.token else [],
        parties=await parties(asking) if visitor.token and sandbox else [],
    )


async def trace_page(request: Request, visitor: Visitor, asked: str) -> Response:
    """Everything about one number; what is unknown, refused or silent is said with the status that fits."""
    pages: Pages = request.app.state.pages
    if not visitor.token:
        return pages.shown(
            "refused.html", request, visitor, status=401, asked=asked, said=visitor.words("page.sign_in_first")
        )
    found = await traced(pages.asking(visitor), asked)
    if found.facts is not None:
        lacking = missing(found.facts)
        return pages.shown(
            "trace.html",
            request,
            visitor,
            asked=asked,
            kind=found.answer.content["kind"],
            facts=found.facts,
            lacking=lacking,
            stages=stages(found.facts.steps, lacking),
            places=strip(found.facts),
            found=found,
            most=MOST,
        )
    return _without_trace(pages, request, visitor, asked, found)


def _without_trace(pages: Pages, request: Request, visitor: Visitor, asked: str, found: Traced) -> Response:
    said = found.answer.said(visitor.words.language)
    if found.answer.status == 401:
        said = visitor.words("page.token_refused")
        return pages.shown("refused.html", request, visitor, status=401, asked=asked, said=said)
    if found.answer.is_silent:
        title, status = visitor.words("page.part_missing"), 200 if found.records else 503
    elif found.answer.status == 403:
        title, status = visitor.words("page.refused"), 200 if found.records else 403
    else:
        title, status = visitor.words("page.unknown"), 200 if found.records else 404
    kinds = [name for name in known() if name.startswith("kinds.")]
    return pages.shown(
        "unknown.html", request, visitor, status=status, asked=asked, title=title, said=said, found=found, kinds=kinds
    )


def _add_signing(app: FastAPI, *, secure: bool) -> None:
    @app.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        """Keep a token: a pasted one, or in a sandbox one of the development issuer."""
        visitor = visitor_of(request)
        if not is_own_form(request):
            return await start_page(request, visitor, error="page.other_site", status=403)
        form = await form_of(request)
        token, error = form.get("token", ""), "page.token_refused"
        if not token:
            token, error = await _issued(request.app.state.pages, form)
        if not is_token(token):
            return await start_page(request, visitor, error=error, status=400)
        answer = RedirectResponse(_back(form.get("to")), _SEE_OTHER)
        keep(answer, TOKEN, token, secure=secure)
        return answer

    @app.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        if not is_own_form(request):
            return PlainTextResponse("403", 403)
        answer = RedirectResponse("/", _SEE_OTHER)
        answer.delete_cookie(TOKEN, path="/")
        return answer


async def _issued(pages: Pages, form: dict[str, str]) -> tuple[str, str]:
    """A token of the development issuer for what a form asks, or the name of what stands against it."""
    issuer = pages.settings.development_issuer
    if issuer is None:
        return "", "page.no_issuer"
    wanted = {name: form[name] for name in ("role", "subject_id", "bank_id", "site_id") if name in form}
    answer = await development_token(pages.client, issuer, wanted)
    if answer.is_good:
        return str(answer.content["access_token"]), ""
    return "", "page.issuer_silent" if answer.is_silent else "page.issuer_refused"
