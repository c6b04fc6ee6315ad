"""Every text is there in both languages, and everything that can be shown has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import marketctl.page
from marketctl.page.words import Words, known, language_of
from shared.events.catalogue import EVENT_TYPES
from shared.http.identity import ROLES
from trade_ledger.consumers.subscriptions import subscriptions
from trade_ledger.store.documents import Shown

_FOLDER = Path(marketctl.page.__file__).parent
_HAN = re.compile(r"[\u4e00-\u9fff]")


def test_each_text_is_in_both_languages_with_the_same_gaps() -> None:
    for name, (chinese, english) in known().items():
        assert chinese, name
        assert english, name
        assert set(re.findall(r"{\w+}", chinese)) == set(re.findall(r"{\w+}", english)), name
        assert not _HAN.search(english) or name == "page.switch", name


def test_whatever_can_be_shown_has_words() -> None:
    traced = {each.TYPE for each in subscriptions.events()} | {
        each for each in EVENT_TYPES if each.startswith("trade_ledger.")
    }
    places = ("commodity", "pilot", "site", "port", "grade", "bank")
    events = {each.split(".")[1] for each in traced if not each.split(".")[1].startswith(places)}
    code = "".join(each.read_text("utf-8") for each in _FOLDER.glob("*.py"))
    said = {("missing", each) for each in re.findall(r"\"(to_\w+|case)\"", code)}
    who = {("who", each) for each in re.findall(r"Missing\([^,]+, \"(\w+)\"", code)} | {("who", "customs")}
    shown = {("shown", each) for each in Shown.model_fields}
    wanted = {("event", each) for each in events} | said | who | shown | {("role", each) for each in ROLES}
    assert {f"{group}.{name}" for group, name in wanted} - known().keys() == set()
    templates = "".join(each.read_text("utf-8") for each in (_FOLDER / "templates").glob("*.html"))
    assert {each for each in re.findall(r"words\(\"([\w.]+[a-z])\"", templates + code)} - known().keys() == set()


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "zh"),
        (None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "de, en;q=0.5, zh;q=0.7", "zh"),
        (None, "en;q=0", "zh"),
        (None, "en;q=x", "zh"),
        ("en", "zh", "en"),
        ("fr", "en", "en"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_browsers(chosen: str | None, accepted: str, language: str) -> None:
    assert language_of(chosen, accepted) == language


def test_a_code_without_words_is_shown_as_it_is() -> None:
    assert Words("en")("event.something_new") == "something_new"
