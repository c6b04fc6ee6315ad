"""Bearer tokens that no service may believe, each false in one way only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.workshop.tokens import AUDIENCE, ISSUER, KEY_ID, TokenMint

Claims = dict[str, Any]


def forged_tokens(mint: TokenMint) -> dict[str, str]:
    """Tokens by what is false about them; all but that would be right for the mint's issuer."""
    now = int(time.time())
    good: Claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "a", "nbf": now, "exp": now + 900, "role": "admin", "pilot": "longshui",
        "amr": ["pwd", "otp"],
    }  # fmt: skip
    key = serialization.load_pem_private_key(mint.pem(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def signed(claims: Claims, by: Any = key, algorithm: str = "RS256", **header: Any) -> str:
        return jwt.encode(claims, by, algorithm, headers={"kid": KEY_ID, **header})

    def without(name: str) -> Claims:
        return {each: value for each, value in good.items() if each != name}

    right = signed(good)
    return {
        "signed by nobody": f"{_part({'alg': 'none', 'kid': KEY_ID})}.{_part(good)}.",
        "signed with the public key as a secret": _symmetric(good, public),
        "signed by a stranger": signed(good, stranger),
        "signed by a stranger who names its own keys": signed(
            good, stranger, jku="http://127.0.0.1:9/jwks.json", x5u="http://127.0.0.1:9/x"
        ),
        "signed by a stranger who brings its key": signed(good, stranger, jwk={"kty": "oct", "k": "AA"}),
        "of another algorithm": signed(good, key, "PS256"),
        "of a key that the issuer hasn't": signed(good, key, kid="another"),
        "of no key": jwt.encode(good, key, "RS256"),
        "of a key id that is no text": signed(good, key, kid="x").replace(
            _part({"alg": "RS256", "kid": "x", "typ": "JWT"}), _part({"alg": "RS256", "kid": 1})
        ),
        "of another kind": signed(good, key, typ="logout+jwt"),
        "with other content": f"{right.split('.')[0]}.{_part({**good, 'role': 'tax'})}.{right.split('.')[2]}",
        "without its signature": right.rpartition(".")[0] + ".",
        "expired": signed({**good, "exp": now - 3600}),
        "of tomorrow": signed({**good, "nbf": now + 3600}),
        "issued tomorrow": signed({**good, "iat": now + 3600}),
        # A provider that writes no `nbf` is taken at its `iat`, and that holds as much.
        "issued tomorrow, with no other beginning": signed({**without("nbf"), "iat": now + 3600}),
        "issued in a list": signed({**without("nbf"), "iat": [now]}),
        "of a day since it was issued": signed({**without("nbf"), "iat": now, "exp": now + 24 * 3600}),
        "of another issuer": signed({**good, "iss": "https://elsewhere.example"}),
        "for another audience": signed({**good, "aud": "elsewhere"}),
        **{f"without {name}": signed(without(name)) for name in ("exp", "nbf", "iss", "aud", "sub", "role", "pilot")},
        "of an officer without a second factor": signed(without("amr")),
        "of an officer with two factors of one kind": signed({**good, "amr": ["pwd", "pin"]}),
        "of an officer whose methods are a text": signed({**good, "amr": "mfa"}),
        "of an officer with a level that isn't known": signed({**good, "acr": "silver", "amr": []}),
        "of a day": signed({**good, "exp": now + 24 * 3600}),
        "valid for ever": signed({**good, "exp": 10**300}),
        "ending at no number": signed({**good, "exp": float("inf")}),
        "beginning at no number": signed({**good, "nbf": float("nan")}),
        "beginning in a list": signed({**good, "nbf": [now]}),
        "of any depth": f"{_encoded('[' * 5000)}.{right.partition('.')[2]}",
        "an ID token by its claim": signed({**good, "typ": "ID"}),
        "an ID token by its nonce": signed({**good, "nonce": "n"}),
        "of somebody with a control character": signed({**good, "sub": "a\x00b"}),
        "of somebody with too long a name": signed({**good, "sub": "a" * 256}),
        "of a number for somebody": signed({**good, "sub": 7}),
        "of every pilot": signed({**good, "pilot": "*"}),
        "of any pilot": signed({**good, "pilot": "%"}),
        "of a pilot that is no word": signed({**good, "pilot": "Long shui"}),
        "of nobody": signed({**good, "sub": ""}),
        "of a role that there isn't": signed({**good, "role": "root"}),
        "of several roles": signed({**good, "role": ["admin"]}),
        "of a party that is no id": signed({**good, "subject_id": "x"}),
        "of a party that is a number": signed({**good, "subject_id": 7}),
        "of ten thousand bytes": signed({**good, "more": "x" * 10_000}),
        "no token at all": "x.y.z",
        "nothing but dots": "..",
    }


def _part(content: Any) -> str:
    return _encoded(json.dumps(content, separators=(",", ":")))


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _symmetric(claims: Claims, secret: bytes) -> str:
    head = f"{_part({'alg': 'HS256', 'kid': KEY_ID, 'typ': 'JWT'})}.{_part(claims)}"
    signature = hmac.new(secret, head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
