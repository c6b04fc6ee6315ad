"""How commands answer a person, and a script with `--json`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="one JSON object instead of text")]


def show(content: Any, as_json: bool, text: str) -> None:
    """Print one JSON object, or the text."""
    typer.echo(json.dumps(content, ensure_ascii=False, default=str) if as_json else text)
