"""The file of the audit trails' ends: it is read as it was kept, and one of the last release too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from marketctl.verify.audit_heads import Seen, keep_heads, seen_heads
from shared.messaging.audit_heads import Head
from shared.vocabulary.errors import SetupProblem


@pytest.mark.parametrize("seen", [Seen(), Seen(None, 7), Seen(Head(3, "ab", 9), 7), Seen(Head(3, "ab"), 0)])
def test_an_end_is_read_as_it_was_kept_also_where_a_trail_is_taken_as_it_is(tmp_path: Path, seen: Seen) -> None:
    file = tmp_path / "heads.json"
    keep_heads(file, {"registry": seen})
    assert seen_heads(file) == {"registry": seen}


def test_a_file_of_the_last_release_has_no_row_and_no_offset(tmp_path: Path) -> None:
    file = tmp_path / "heads.json"
    file.write_text(json.dumps({"registry": {"position": 3, "hash": "ab"}}), "utf-8")
    assert seen_heads(file) == {"registry": Seen(Head(3, "ab"), 0)}


@pytest.mark.parametrize("content", ["[]", "{", '{"registry": 1}', '{"registry": {"position": 3}}'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "heads.json"
    file.write_text(content, "utf-8")
    with pytest.raises(SetupProblem, match="doesn't hold the ends"):
        seen_heads(file)
