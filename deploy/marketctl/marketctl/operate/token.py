"""`marketctl token`: a token of the development issuer."""

from __future__ import annotations

from typing import Annotated

import typer

from marketctl.operate.chosen import refuse_deployed, running_layout
from marketctl.operate.terminal import Json, show


def token(
    role: str,
    subject: Annotated[str | None, typer.Option(help="the party's subject id")] = None,
    bank: Annotated[str | None, typer.Option(help="the bank's id")] = None,
    site: Annotated[str | None, typer.Option(help="the site's id")] = None,
    actor: Annotated[str | None, typer.Option(help="the account")] = None,
    as_json: Json = False,
) -> None:
    """Print a development token of a role."""
    refuse_deployed("the development token issuer")
    asked = {"subject_id": subject, "bank_id": bank, "site_id": site, "actor": actor}
    given = running_layout().installation.token(role, {name: value for name, value in asked.items() if value})
    show({"access_token": given, "token_type": "Bearer"}, as_json, given)
