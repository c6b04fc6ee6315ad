"""Finds references in a JSON document that lead nowhere: tools stop at the first one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def dangling(document: dict[str, Any]) -> list[str]:
    """Each `$ref` that doesn't resolve within the document; a published document needs no other one."""
    return sorted({each for each in _references(document) if not _resolves(document, each)})


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


def _resolves(document: Any, reference: str) -> bool:
    if not reference.startswith("#/"):
        return False
    found = document
    for part in reference[2:].split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found is not None
