"""The ends of the audit trails as `verify` saw them last: outside of the databases that hold the trails (V64, I10)."""

from __future__ import annotations

import json
from pathlib import Path

from shared.http.audit import Head
from shared.vocabulary.errors import SetupProblem


def seen_heads(file: Path | None) -> dict[str, Head]:
    """The ends by service; none where nothing was kept yet. SetupProblem where the file is none of ours."""
    if file is None or not file.exists():
        return {}
    try:
        kept = json.loads(file.read_text("utf-8"))
        return {service: Head(int(head["position"]), str(head["hash"])) for service, head in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupProblem(f"{file} doesn't hold the ends of the audit trails: {type(error).__name__}") from error


def forget_head(file: Path | None, service: str) -> None:
    """Take a service's trail as it is: its database was restored, so that what came after isn't there any more."""
    heads = seen_heads(file)
    heads.pop(service, None)
    keep_heads(file, heads)


def keep_heads(file: Path | None, heads: dict[str, Head]) -> None:
    """Keep them for the next time, all or nothing."""
    if file is None:
        return
    content = {service: {"position": head.position, "hash": head.hash} for service, head in sorted(heads.items())}
    staged = file.with_name(file.name + ".new")
    try:
        staged.write_text(json.dumps(content, indent=1), "utf-8")
        staged.replace(file)
    except OSError as error:
        raise SetupProblem(f"the ends of the audit trails can't be kept in {file}: {error.strerror}") from error
