"""Who speaks for a subject, who files for others, and who claims: each rule at its limit."""

from __future__ import annotations

from uuid import UUID

import pytest

from registry.domain.claims import breaches_of_account, breaches_of_claim, breaches_of_decided_claim
from registry.domain.speaking import Asker, StandingOfFiler, breaches_of_filer, speaks_for

SUBJECT, FILER, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("rule", "asker", "account", "filed_by", "speaks"),
    [
        ("its token names it", Asker(SUBJECT, "x"), "account", [None, FILER], True),
        ("its token names it and it has no account", Asker(SUBJECT, "x"), None, [FILER], True),
        ("its account", Asker(None, "account"), "account", [None], True),
        ("another account", Asker(None, "other"), "account", [None], False),
        ("any account of one without", Asker(None, "other"), None, [FILER], False),
        ("its account for another party", Asker(FILER, "account"), "account", [None], False),
        ("who alone filed it", Asker(FILER, "x"), None, [FILER, FILER], True),
        ("filed by another too", Asker(FILER, "x"), None, [FILER, OTHER], False),
        ("filed by itself or commerce too", Asker(FILER, "x"), None, [FILER, None], False),
        ("who alone filed one that has an account", Asker(FILER, "x"), "account", [FILER], False),
    ],
)
def test_who_speaks_for_a_subject(
    rule: str, asker: Asker, account: str | None, filed_by: list[UUID | None], speaks: bool
) -> None:
    """V65."""
    assert speaks_for(asker, SUBJECT, account, filed_by) is speaks, rule


@pytest.mark.parametrize(
    ("filings", "refused"),
    [
        ([], False),
        ([StandingOfFiler("operator", "approved", False)], False),
        ([StandingOfFiler("operator", "suspended", False)], True),
        ([StandingOfFiler("operator", "approved", False), StandingOfFiler("carrier", "suspended", False)], False),
        ([StandingOfFiler("operator", "approved", False), StandingOfFiler("carrier", "exited", True)], True),
    ],
)
def test_who_is_suspended_in_its_role_or_stopped_in_any_files_nobody(
    filings: list[StandingOfFiler], refused: bool
) -> None:
    found = breaches_of_filer("operator", filings)
    assert [(each.code, each.rule, dict(each.params)) for each in found] == (
        [("filer_suspended", "R-FILE-3", {"role": "operator"})] if refused else []
    )


@pytest.mark.parametrize(("on_file", "speaks"), [(True, False), (True, True), (False, False)])
def test_an_account_files_a_new_identity_or_its_own(on_file: bool, speaks: bool) -> None:
    found = [(each.code, each.rule, each.pointer) for each in breaches_of_account(on_file=on_file, speaks=speaks)]
    assert found == ([("identity_on_file", "R-FILE-4", "/identity/number")] if on_file and not speaks else [])


@pytest.mark.parametrize(
    ("on_file", "own", "open_already", "code"),
    [
        (False, False, False, "identity_not_on_file"),
        (True, True, False, "claim_of_own"),
        (True, False, True, "claim_open_already"),
        (True, False, False, None),
    ],
)
def test_what_is_on_file_and_not_ones_own_is_claimed_once(
    on_file: bool, own: bool, open_already: bool, code: str | None
) -> None:
    found = breaches_of_claim(on_file=on_file, own=own, open_already=open_already)
    assert [(each.code, each.rule, each.pointer) for each in found] == (
        [(code, "R-FILE-4", "/identity/number")] if code else []
    )


@pytest.mark.parametrize(
    ("status", "decided_by", "codes"),
    [
        ("open", "officer", []),
        ("open", "claimant", [("own_claim_decided", "V6", {})]),
        ("approved", "officer", [("claim_decided_already", "R-FILE-4", {"status": "approved"})]),
        ("rejected", "claimant", [("claim_decided_already", "R-FILE-4", {"status": "rejected"}),
                                  ("own_claim_decided", "V6", {})]),
    ],
)  # fmt: skip
def test_a_claim_is_decided_once_and_by_somebody_else(status: str, decided_by: str, codes: list[object]) -> None:
    found = breaches_of_decided_claim(status, claimant="claimant", decided_by=decided_by)
    assert [(each.code, each.rule, dict(each.params)) for each in found] == codes
