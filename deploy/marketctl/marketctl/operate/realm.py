"""The realm that a Keycloak for trying out begins with: one account for each role, officers with a second factor."""

from __future__ import annotations

import json
import secrets
from base64 import b32encode
from typing import Any
from uuid import uuid4

from shared.http.identity import OFFICERS, ROLES

REALM = "market-1039"
AUDIENCE = "market-1039"
CLIENT = "market-desk"
_PILOT = "longshui"
# A service takes tokens of an hour at most (TOKEN_MINUTES); what is taken from an account counts after this time.
_TOKEN_SECONDS = 900
_SESSION_SECONDS = 8 * 3600
_PERIOD, _DIGITS = 30, 6
_OTP_LENGTH = 20


def trial_users() -> str:
    """Name, password and, of officers, the secret of the second factor (base32, as an authenticator app takes it)."""
    users = {}
    for role in ROLES:
        if role == "service":
            continue
        users[role.replace("_", "-")] = {"role": role, "password": secrets.token_urlsafe(12)} | (
            {"otp": b32encode(secrets.token_bytes(_OTP_LENGTH)).decode()} if role in OFFICERS else {}
        )
    return json.dumps(users, indent=1)


def realm_of(users: str, domain: str) -> str:
    """What Keycloak imports at its first start."""
    content: dict[str, Any] = {
        "realm": REALM,
        "enabled": True,
        "sslRequired": "external",
        "registrationAllowed": False,
        "bruteForceProtected": True,
        "accessTokenLifespan": _TOKEN_SECONDS,
        "ssoSessionMaxLifespan": _SESSION_SECONDS,
        "ssoSessionIdleTimeout": _SESSION_SECONDS,
        "otpPolicyType": "totp",
        "otpPolicyAlgorithm": "HmacSHA1",
        "otpPolicyDigits": _DIGITS,
        "otpPolicyPeriod": _PERIOD,
        "directGrantFlow": "market direct grant",
        "browserFlow": "market browser",
        "authenticationFlows": _flows(),
        "authenticatorConfig": [
            {"alias": f"market {each}", "config": {"default.reference.value": each, "default.reference.maxAge": "3600"}}
            for each in ("pwd", "otp")
        ],
        "clients": [_client(domain)],
        "users": [_user(name, told) for name, told in json.loads(users).items()],
        "components": {
            "org.keycloak.userprofile.UserProfileProvider": [
                {"providerId": "declarative-user-profile", "config": {"kc.user.profile.config": [_PROFILE]}}
            ]
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


# Role, pilot and party of an account are set by an administrator and never by the account itself.
_PROFILE = json.dumps(
    {
        # Keycloak wants these two to be named.
        "attributes": [
            {"name": name, "permissions": {"view": ["admin", "user"], "edit": ["admin"]}}
            for name in ("username", "email")
        ],
        "unmanagedAttributePolicy": "ADMIN_EDIT",
    }
)


def _flows() -> list[dict[str, Any]]:
    def step(authenticator: str, priority: int, factor: str = "", requirement: str = "REQUIRED") -> dict[str, Any]:
        told = {"authenticator": authenticator, "requirement": requirement, "priority": priority}
        return told | ({"authenticatorConfig": f"market {factor}"} if factor else {})

    def inner(alias: str, priority: int, requirement: str) -> dict[str, Any]:
        return {"flowAlias": alias, "authenticatorFlow": True, "requirement": requirement, "priority": priority}

    def flow(alias: str, steps: list[dict[str, Any]], *, top: bool) -> dict[str, Any]:
        return {
            "alias": alias, "providerId": "basic-flow", "topLevel": top, "builtIn": False,
            "authenticationExecutions": steps,
        }  # fmt: skip

    asked = step("conditional-user-configured", 10)
    return [
        flow(
            "market direct grant",
            [
                step("direct-grant-validate-username", 10),
                step("direct-grant-validate-password", 20, "pwd"),
                inner("market direct grant otp", 30, "CONDITIONAL"),
            ],
            top=True,
        ),
        flow("market direct grant otp", [asked, step("direct-grant-validate-otp", 20, "otp")], top=False),
        flow(
            "market browser",
            [step("auth-cookie", 10, requirement="ALTERNATIVE"), inner("market forms", 20, "ALTERNATIVE")],
            top=True,
        ),
        flow(
            "market forms",
            [step("auth-username-password-form", 10, "pwd"), inner("market browser otp", 20, "CONDITIONAL")],
            top=False,
        ),
        flow("market browser otp", [asked, step("auth-otp-form", 20, "otp")], top=False),
    ]


def _client(domain: str) -> dict[str, Any]:
    def mapper(name: str, kind: str, **config: str) -> dict[str, Any]:
        told = {"access.token.claim": "true", "id.token.claim": "false", "introspection.token.claim": "true"}
        return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": told | config}

    def attribute(name: str) -> dict[str, Any]:
        told = {"user.attribute": name, "claim.name": name, "jsonType.label": "String"}
        return mapper(name, "oidc-usermodel-attribute-mapper", **told)

    return {
        "clientId": CLIENT,
        "name": "for trying out: a person's password, or their browser, gets a token",
        "publicClient": True,
        "standardFlowEnabled": True,
        "directAccessGrantsEnabled": True,
        "redirectUris": [f"https://*.{domain}/*", "http://127.0.0.1/*"],
        "attributes": {"pkce.code.challenge.method": "S256"},
        "protocolMappers": [
            mapper("audience", "oidc-audience-mapper", **{"included.custom.audience": AUDIENCE}),
            *map(attribute, ("role", "pilot", "subject_id", "bank_id", "site_id")),
            mapper("amr", "oidc-amr-mapper"),
        ],
    }  # fmt: skip


def _user(name: str, told: dict[str, str]) -> dict[str, Any]:
    credentials: list[dict[str, Any]] = [{"type": "password", "value": told["password"], "temporary": False}]
    if "otp" in told:
        policy = {"subType": "totp", "digits": _DIGITS, "period": _PERIOD, "counter": 0, "algorithm": "HmacSHA1"}
        credentials.append(
            {
                "type": "otp",
                "userLabel": "trial",
                "secretData": json.dumps({"value": told["otp"]}),
                "credentialData": json.dumps(policy | {"secretEncoding": "BASE32"}),
            }
        )
    return {
        "id": str(uuid4()),
        "username": name,
        "enabled": True,
        "attributes": {"role": [told["role"]], "pilot": [_PILOT]},
        "credentials": credentials,
    }
