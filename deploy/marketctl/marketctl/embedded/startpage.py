"""A plain start page in two languages: where the four services and their documentation are."""

from __future__ import annotations

import json
import os
import sys
from html import escape

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from marketctl.layout import CHINESE, SERVICES


def page(addresses: dict[str, str]) -> str:
    """The start page's HTML; no script, nothing fetched from elsewhere."""
    rows = "".join(
        f'<li><a href="{escape(addresses[name])}/docs">{name}</a> — {CHINESE[name]} '
        f'(<a href="{escape(addresses[name])}/openapi.json">OpenAPI</a>)</li>'
        for name in SERVICES
    )
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><title>市场采购贸易（1039）综合管理</title>'
        "<h1>市场采购贸易（1039）综合管理 · market trade 1039</h1>"
        f"<p>四个服务 · four services</p><ul>{rows}</ul>"
        "<p>令牌 · a token: <code>make token ROLE=commerce</code> · 追溯 · trace: "
        "<code>.venv/bin/marketctl trace ID</code></p></html>"
    )


def main() -> int:
    """Serve the page until stopped."""
    addresses = json.loads(os.environ["SERVICE_ADDRESSES"])
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/", response_class=HTMLResponse)
    async def start() -> str:
        return page(addresses)

    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
