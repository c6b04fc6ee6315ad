"""The issuer's keys: new ones are fetched, withdrawn ones dropped, known ones work while the issuer doesn't answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.http import keys
from shared.http.app import Service
from shared.http.identity import TokenVerifier
from shared.vocabulary.errors import SetupProblem
from shared.workshop.testing.client import open_door
from shared.workshop.testing.forgeries import forged_tokens
from shared.workshop.testing.tokens import ServedMint, outcome_of, served_mint
from shared.workshop.tokens import AUDIENCE, ISSUER, TokenMint


@pytest.fixture
def issuer() -> Iterator[ServedMint]:
    with served_mint() as serving:
        yield serving


def verifier_of(issuer: ServedMint, environment: str = "sandbox", name: str = ISSUER) -> TokenVerifier:
    return TokenVerifier(issuer=name, audience=AUDIENCE, jwks_url=issuer.jwks_url, environment=environment)


async def test_known_keys_work_while_the_issuer_is_away_and_no_others_do(issuer: ServedMint) -> None:
    verifier = verifier_of(issuer)
    assert await outcome_of(verifier, issuer.token("tax")) == "tax"
    issuer.serve({"keys": []})
    verifier._keys._fresh_until = 0
    assert await outcome_of(verifier, issuer.token("customs")) == "customs"
    stranger = forged_tokens(issuer)["of a key that the issuer hasn't"]
    assert await outcome_of(verifier, stranger) == "NotAuthenticated"


async def test_a_thousand_unknown_keys_ask_the_issuer_once(issuer: ServedMint) -> None:
    verifier = verifier_of(issuer)
    stranger = forged_tokens(issuer)["of a key that the issuer hasn't"]
    assert {await outcome_of(verifier, stranger) for _ in range(1000)} == {"NotAuthenticated"}
    assert issuer.asked == 1
    assert await outcome_of(verifier, issuer.token("tax")) == "tax"
    assert issuer.asked == 1


async def test_after_the_refresh_a_new_key_is_accepted_and_a_withdrawn_one_is_not(
    issuer: ServedMint, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier, old = verifier_of(issuer), issuer.token("tax")
    assert await outcome_of(verifier, issuer.token("safe")) == "safe"
    successor = TokenMint(key_id="successor")
    issuer.serve(successor.jwks())
    assert await outcome_of(verifier, successor.token("customs")) == "NotAuthenticated"
    monkeypatch.setattr(keys, "_PAUSE_SECONDS", 0.0)
    assert await outcome_of(verifier, successor.token("customs")) == "customs"
    assert await outcome_of(verifier, old) == "NotAuthenticated"


async def test_an_issuer_that_was_never_reached_is_503_and_not_the_callers_fault(
    service: Service, dsn: str, issuer: ServedMint, tmp_path: Path
) -> None:
    issuer.serve({})
    async with open_door(service, dsn, issuer, tmp_path) as door:
        answer = await door.call("GET", "/v1/notes")
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")
        issuer.serve(issuer.jwks())
        door.app.state.runtime.verifier._keys._fresh_until = 0
        assert (await door.call("GET", "/v1/notes")).status_code == 200


async def test_production_accepts_neither_the_development_issuers_name_nor_its_key(issuer: ServedMint) -> None:
    with pytest.raises(SetupProblem):
        verifier_of(issuer, "production")
    verifier = verifier_of(issuer, "production", "https://login.example")
    token = issuer.token("admin", issuer="https://login.example")
    assert await outcome_of(verifier, token) == "NotAuthenticated"
    assert await outcome_of(verifier_of(issuer, "sandbox", "https://login.example"), token) == "system"


def test_each_forgery_differs_from_the_others(mint: ServedMint) -> None:
    forged = forged_tokens(mint)
    assert len(forged) > 30
    assert len(set(forged.values())) == len(forged)
