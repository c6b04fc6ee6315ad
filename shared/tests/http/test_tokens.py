"""Which tokens are believed, and which aren't though the issuer signed them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import jwt
import pytest

from shared.http.identity import TokenVerifier
from shared.workshop.testing.forgeries import forged_tokens
from shared.workshop.testing.tokens import ServedMint, outcome_of, served_mint
from shared.workshop.tokens import AUDIENCE, ISSUER, KEY_ID

# Thirty forged ones, and fifteen that the issuer signed and that aren't to be believed all the same.
_AT_LEAST = 45


@pytest.fixture(scope="module")
def issuer() -> Iterator[ServedMint]:
    with served_mint() as serving:
        yield serving


def verifier_of(issuer: ServedMint, *acr: str) -> TokenVerifier:
    return TokenVerifier(
        issuer=ISSUER,
        audience=AUDIENCE,
        jwks_url=issuer.jwks_url,
        environment="sandbox",
        two_factor_acr=frozenset(acr),
    )


async def test_no_forgery_is_believed(issuer: ServedMint) -> None:
    verifier = verifier_of(issuer)
    forged = forged_tokens(issuer)
    assert len(forged) > _AT_LEAST
    told = {name: await outcome_of(verifier, token) for name, token in forged.items()}
    assert {name: each for name, each in told.items() if each != "NotAuthenticated"} == {}


@pytest.mark.parametrize(
    "shown", [{"amr": ["mfa"]}, {"amr": ["pwd", "hwk"]}, {"amr": ["pin", "fpt"]}, {"acr": "gold", "amr": None}]
)
async def test_an_officers_second_factor_is_shown_by_its_methods_or_its_level(
    issuer: ServedMint, shown: dict[str, object]
) -> None:
    assert await outcome_of(verifier_of(issuer, "gold"), issuer.token("customs", more=shown)) == "customs"


async def test_a_party_signs_in_as_its_issuer_has_it(issuer: ServedMint) -> None:
    assert await outcome_of(verifier_of(issuer), issuer.token("operator")) == "operator"


@pytest.mark.parametrize(("minutes", "expected"), [(60, "customs"), (61, "NotAuthenticated")])
async def test_a_token_lives_no_longer_than_the_installation_lets_it(
    issuer: ServedMint, minutes: int, expected: str
) -> None:
    assert await outcome_of(verifier_of(issuer), issuer.token("customs", minutes=minutes)) == expected


@pytest.mark.parametrize(("since_issued", "expected"), [(3600, "customs"), (3601, "NotAuthenticated")])
async def test_a_token_without_nbf_counts_from_when_it_was_issued(
    issuer: ServedMint, since_issued: int, expected: str
) -> None:
    """Keycloak and others write no `nbf`."""
    now = int(time.time())
    claims = jwt.decode(issuer.token("customs"), options={"verify_signature": False})
    claims |= {"iat": now, "exp": now + since_issued}
    del claims["nbf"]
    signed = jwt.encode(claims, issuer.pem(), "RS256", headers={"kid": KEY_ID})
    assert await outcome_of(verifier_of(issuer), signed) == expected
