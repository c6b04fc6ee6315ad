"""Chinese texts hold no English words: what they say, and every coded word that they may be filled with."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from fx_settlement.domain.booking import PayerRelation
from marketctl.layout import ROOT, SERVICES, package_of
from registry.domain.lifecycle import STEPS
from shared.events.registry import FilingStatus, QualificationKind, Role
from shared.events.tax_exemption import RateChoice
from shared.http.identity import ROLES
from shared.http.problems import Catalogue
from shared.vocabulary.rules import Breach
from shared.vocabulary.words import in_chinese

# Codes, formats, names of products, and what a caller has to type as it stands.
_ALLOWED = set(
    [
        "HS",
        "FOB",
        "CIF",
        "C",
        "F",
        "I",
        "USD",
        "ISO",
        "CN",
        "XLSX",
        "xls",
        "csv",
        "Excel",
        "HTTP",
        "WPS",
        "JSON",
        "UTF",
        "NUL",
        "UUID",
        "RFC",
        "T",
        "YYYY",
        "MM",
        "DD",
        "true",
        "false",
        "If",
        "Match",
        "ETag",
        "Idempotency",
        "Key",
        "Retry",
        "After",
        "Allow",
        "docs",
        "readyz",
        "marketctl",
        "reconcile",
        "operations",
        "md",
        "trace_id",
        "next_cursor",
        "line_id",
        "must_act",
        "rmb",
        "fx",
        "SHA",
    ]
)
_CODED: dict[str, tuple[str, ...]] = {
    "role": (*ROLES, *get_args(Role)),
    "kind": (*get_args(QualificationKind), "positive", "negative"),
    "status": (*get_args(FilingStatus), "proposed", "confirmed", "terminated", "held", "committed", "void"),
    "step": (*STEPS, "amend"),
    "relation": get_args(PayerRelation),
    "kept": get_args(RateChoice),
    "verdict": ("eligible", "not_eligible"),
    "must_act": ("customs", "commerce", "consignor", "site_operator", "bank", "safe"),
    "what": ("gross_weight_kg", "volume_m3"),
}


def catalogue_of(service: str) -> Catalogue:
    return Catalogue(ROOT / "services" / service / package_of(service) / "problems.toml")


def words_in(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]+", text)) - _ALLOWED


@pytest.mark.parametrize("service", SERVICES)
def test_a_chinese_text_has_no_english_words_but_codes(service: str) -> None:
    found = {
        (each.code, word)
        for each in catalogue_of(service).problems.values()
        for text in (each.title_zh, each.detail_zh, each.fix_zh)
        for word in words_in(re.sub(r"\{\w+\}", "", text))
    }
    assert found == set()


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_chinese_text_is_filled_with_is_chinese_too(service: str) -> None:
    catalogue = catalogue_of(service)
    for problem in catalogue.problems.values():
        for name in set(re.findall(r"\{(\w+)\}", problem.detail_zh)) & set(_CODED):
            for value in _CODED[name]:
                _, chinese = catalogue.texts(Breach(problem.code, "", "", {name: value}))
                assert not words_in(re.sub(r"\{\w+\}", "", chinese)), (problem.code, chinese)


def test_a_value_that_is_no_coded_word_stays() -> None:
    assert in_chinese("LS-TR-0000001-92") == "LS-TR-0000001-92"
    assert in_chinese("buyer") == "采购商"
