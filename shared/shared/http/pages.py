"""Pages for people: what the operations are and what each problem means; nothing fetched from elsewhere, no script."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from shared.events.base import schema_path
from shared.events.catalogue import EVENT_TYPES, TOPICS
from shared.events.contract import asyncapi, schema_of
from shared.http.access import Access
from shared.http.problems import Catalogue, Problem
from shared.vocabulary.errors import NotFound
from shared.vocabulary.rules import RuleText, rules

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "pre{background:#f4f4f4;padding:.5rem;overflow:auto}dt{font-weight:bold}summary{cursor:pointer}"
)


def add_pages(app: FastAPI) -> None:
    """Serve `/docs`, `/problems` and `/problems/{code}` to everybody, outside the published operations."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return HTMLResponse(operations_page(app.openapi(), app.state.access))

    @app.get("/problems", include_in_schema=False)
    async def problems() -> Response:
        return HTMLResponse(problems_page(app.state.catalogue))

    @app.get("/problems/{code}", include_in_schema=False)
    async def problem(code: str, request: Request) -> Response:
        entry: Problem | None = app.state.catalogue.problems.get(code)
        if entry is None:
            raise NotFound
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(problem_page(entry), headers={"vary": "accept"})
        return JSONResponse(asdict(entry), headers={"vary": "accept"})


def add_rule_pages(app: FastAPI) -> None:
    """Serve `/rules` and `/rules/{rule_id}` to everybody, outside the published operations."""

    @app.get("/rules", include_in_schema=False)
    async def all_rules() -> Response:
        return HTMLResponse(rules_page())

    @app.get("/rules/{rule_id}", include_in_schema=False)
    async def rule(rule_id: str, request: Request) -> Response:
        found = rules().get(rule_id)
        if found is None:
            raise NotFound
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(rule_page(found), headers={"vary": "accept"})
        return JSONResponse(asdict(found), headers={"vary": "accept"})


EVENT_KEYS_PATH = "/.well-known/event-keys.json"
"""Where every service serves the public keys that its events are verified with."""


def add_contract(app: FastAPI) -> None:
    """Serve to everybody `/asyncapi.json`, each event type's JSON Schema where `ce_dataschema` points, and the keys."""

    @app.get("/asyncapi.json", include_in_schema=False)
    async def events() -> Response:
        return JSONResponse(asyncapi())

    @app.get(EVENT_KEYS_PATH, include_in_schema=False)
    async def event_keys() -> Response:
        owners = {topic.name: topic.owner for topic in TOPICS.values()}
        published = app.state.runtime.trust.published.of(app.state.service, owners)
        return Response(published.written(), media_type="application/jwk-set+json")

    @app.get(schema_path("{event_type}"), include_in_schema=False)
    async def event_schema(event_type: str) -> Response:
        event = EVENT_TYPES.get(event_type)
        if event is None:
            raise NotFound
        return JSONResponse(schema_of(event), media_type="application/schema+json")


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{content}</body></html>"
    )


def problem_page(problem: Problem) -> str:
    """One problem in two languages."""
    again = ("是 · yes") if problem.retryable else ("否 · no")
    lines = [
        ("代码 · code", problem.code),
        ("状态 · status", str(problem.status)),
        ("含义 · meaning", f"{problem.title_zh} · {problem.title}"),
        ("说明 · detail", " · ".join(text for text in (problem.detail_zh, problem.detail) if text)),
        ("如何处理 · what to do", f"{problem.fix_zh} · {problem.fix}"),
        ("可原样重试 · may be repeated as it is", again),
    ]
    shown = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in lines if text)
    return _page(problem.title_zh + " · " + problem.title, f'<dl>{shown}</dl><p><a href="/problems">/problems</a></p>')


def problems_page(catalogue: Catalogue) -> str:
    """All problems of a service, by code."""
    rows = "".join(
        f'<li><a href="/problems/{escape(problem.code)}">{escape(problem.code)}</a> {problem.status} — '
        f"{escape(problem.title_zh)} · {escape(problem.title)}</li>"
        for _, problem in sorted(catalogue.problems.items())
    )
    return _page("错误代码 · problems", f"<ul>{rows}</ul>")


def rule_page(rule: RuleText) -> str:
    """One rule with its source, in two languages."""
    lines = [
        ("规则 · rule", rule.id),
        ("内容 · text", rule.text),
        ("出处 · source", rule.source),
        ("版本 · version", rule.version),
    ]
    shown = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in lines)
    return _page(f"{rule.title_zh} · {rule.title}", f'<dl>{shown}</dl><p><a href="/rules">/rules</a></p>')


def rules_page() -> str:
    """All rules, by id."""
    rows = "".join(
        f'<li><a href="/rules/{escape(rule.id)}">{escape(rule.id)}</a> {escape(rule.title_zh)} · '
        f"{escape(rule.title)}</li>"
        for rule in rules().values()
    )
    return _page("规则 · rules", f"<ul>{rows}</ul>")


def operations_page(document: dict[str, Any], access: Access) -> str:
    """The operations of an OpenAPI document by tag, each with its roles and an example of its body."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["operations"])[0]
            by_tag.setdefault(tag, []).append(_operation(document, access, f"{method.upper()} {path}", operation))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(shown)}" for tag, shown in by_tag.items())
    pages = {
        "/openapi.json": "/openapi.json",
        "/asyncapi.json": "/asyncapi.json",
        "/problems": "错误代码 · problems",
        "/rules": "规则 · rules",
    }
    links = " · ".join(f'<a href="{address}">{name}</a>' for address, name in pages.items())
    about = f"<p>{escape(document['info'].get('description', ''))}</p>"
    return _page(document["info"]["title"], about + f"<p>{links}</p>" + sections)


def _operation(document: dict[str, Any], access: Access, head: str, operation: dict[str, Any]) -> str:
    name = operation["operationId"]
    parts = [f"<p>{escape(operation.get('description', operation.get('summary', '')))}</p>"]
    if permitted := access.get(name):
        roles = ", ".join(sorted(permitted.roles))
        parts.append(f"<p>角色 · roles: {escape(roles)} ({escape(permitted.sees)})</p>")
    asked = [_parameter(each) for each in operation.get("parameters", [])]
    if asked:
        parts.append(f"<ul>{''.join(asked)}</ul>")
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>请求体 · body: {escape(kind)}</p>{_example(document, body.get('schema', {}))}")
    return f"<details><summary><code>{escape(head)}</code> {escape(name)}</summary>{''.join(parts)}</details>"


def _parameter(parameter: dict[str, Any]) -> str:
    must = ", 必填 · required" if parameter.get("required") else ""
    told = parameter.get("description", "")
    return f"<li><code>{escape(parameter['name'])}</code> ({escape(parameter['in'])}{must}) {escape(told)}</li>"


def _example(document: dict[str, Any], schema: dict[str, Any]) -> str:
    named = schema.get("$ref", "").rpartition("/")[2]
    examples = document.get("components", {}).get("schemas", {}).get(named, schema).get("examples", [])
    if not examples:
        return ""
    return f"<pre>{escape(json.dumps(examples[0], ensure_ascii=False, indent=2))}</pre>"
