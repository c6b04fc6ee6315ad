"""The development token issuer: a process of its own that says what it is and refuses production."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from marketctl.embedded.issuer_key import kept_mint
from shared.http.identity import ROLES
from shared.workshop.tokens import ISSUER, TokenMint

NOTICE = "development only: anybody who reaches this port gets any role"


class Asked(BaseModel):
    """Which token is wanted."""

    model_config = ConfigDict(extra="forbid")

    role: Literal[ROLES]  # type: ignore[valid-type]  # the roles are a tuple, which Literal unpacks at run time
    actor: str | None = None
    pilot: str = "longshui"
    subject_id: UUID | None = None
    bank_id: UUID | None = None
    site_id: UUID | None = None
    minutes: int = 15


class Given(BaseModel):
    """A bearer token."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name, no secret
    expires_in: int
    notice: str = NOTICE


def make_issuer(mint: TokenMint) -> FastAPI:
    """The issuer's two pages: its keys, and tokens for the asking."""
    # A page of another name whose address was made to point here is another origin to the browser, and gets nothing.
    here = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False)
    app = FastAPI(title="Development token issuer", description=NOTICE, version="1", middleware=[here])

    @app.get("/jwks.json")
    async def keys() -> dict[str, object]:
        return mint.jwks()

    @app.post("/token")
    async def token(asked: Asked) -> Given:
        minted = mint.token(
            asked.role,
            actor=asked.actor,
            pilot=asked.pilot,
            subject_id=asked.subject_id,
            bank_id=asked.bank_id,
            site_id=asked.site_id,
            minutes=asked.minutes,
        )
        return Given(access_token=minted, expires_in=asked.minutes * 60)

    @app.get("/livez", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "ok", "issuer": ISSUER, "notice": NOTICE}

    return app


def main() -> int:
    """Serve until stopped; exit 2 with a sentence in production."""
    if os.environ.get("ENVIRONMENT", "production") != "sandbox":
        print("the development issuer runs in a sandbox only: set ENVIRONMENT=sandbox", file=sys.stderr)
        return 2
    app = make_issuer(kept_mint(Path(os.environ["ISSUER_KEY_FILE"])))
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
