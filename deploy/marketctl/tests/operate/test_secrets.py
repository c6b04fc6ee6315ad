"""`marketctl secrets` makes what is missing and overwrites nothing, and what it makes fits together."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.verification import PolicyBuilder, Store
from typer.testing import CliRunner

from marketctl.cli import app
from marketctl.layout import SERVICES, package_of
from shared.http.identity import OFFICERS, ROLES
from shared.messaging.published_keys import read_keys
from shared.messaging.signing import Signer
from shared.production import faults_of_database, faults_of_secret


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of secrets that was made once."""
    made(tmp_path)
    return tmp_path / "secrets"


def made(place: Path) -> dict[str, list[str]]:
    """What the command says that it made."""
    done = CliRunner().invoke(app, ["secrets", str(place / "secrets"), "--env", str(place / "env"), "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, list[str]] = json.loads(done.output)
    return found


def test_a_secret_is_readable_by_its_owner_alone_and_never_written_over(folder: Path) -> None:
    files = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    public = {folder / "public/ca.pem", folder / "public/event-keys.json"}
    assert {each for each in files if stat.S_IMODE(each.stat().st_mode) != 0o600} == public
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert made(folder.parent)["made"] == []
    gone = folder / "actor-key"
    gone.unlink()
    assert made(folder.parent)["made"] == ["actor-key"]
    assert {each for each in files if each.read_bytes() != files[each]} == {gone}


def test_the_choices_are_made_once_for_the_user_whose_the_files_are(folder: Path) -> None:
    env = folder.parent / "env"
    owner = (folder / "actor-key").stat().st_uid
    assert f"\nMARKET_UID={owner}\n" in env.read_text("utf-8")
    assert owner == (os.getuid() or 10001)
    env.write_text(env.read_text("utf-8") + "# mine\n", "utf-8")
    made(folder.parent)
    assert env.read_text("utf-8").endswith("# mine\n")


def test_production_takes_what_is_made(folder: Path) -> None:
    for name in ("sealing-key", "actor-key"):
        assert list(faults_of_secret(name, (folder / name).read_text())) == []
    for service in SERVICES:
        for process in ("owner", "http", "worker"):
            url = (folder / f"{service}-{process}-database-url").read_text()
            assert list(faults_of_database("DATABASE_URL", url)) == []
            role = package_of(service) + ("" if process == "owner" else f"_{process}")
            password = (folder / f"{service}-{process}-password").read_text()
            assert url == f"postgresql://{role}:{password}@{service}-db:5432/{package_of(service)}"


def test_the_public_keys_are_those_of_the_signing_keys(folder: Path) -> None:
    wanted = {Signer(service, (folder / f"{service}-signing-key").read_text()).key for service in SERVICES}
    assert set(read_keys(folder / "public/event-keys.json").keys) == wanted


@pytest.mark.parametrize(
    ("server", "name"), [("kafka", "kafka"), ("keycloak", "keycloak"), ("gateway", "trade-ledger.market.internal")]
)
def test_a_servers_certificate_is_its_keys_and_signed_by_the_authority(folder: Path, server: str, name: str) -> None:
    ca = x509.load_pem_x509_certificate((folder / "public/ca.pem").read_bytes())
    own = x509.load_pem_x509_certificate((folder / f"{server}.pem").read_bytes())
    verifier = PolicyBuilder().store(Store([ca])).build_server_verifier(x509.DNSName(name))
    assert verifier.verify(own, [])[0] == own
    key = serialization.load_pem_private_key((folder / f"{server}-key.pem").read_bytes(), None)
    assert key.public_key() == own.public_key()


def test_the_realm_has_an_account_of_each_role_and_officers_a_second_factor(folder: Path) -> None:
    realm = json.loads((folder / "realm.json").read_text("utf-8"))
    users = {user["attributes"]["role"][0]: user for user in realm["users"]}
    assert set(users) == set(ROLES) - {"service"}
    with_two = {role for role, user in users.items() if "otp" in {each["type"] for each in user["credentials"]}}
    assert with_two == OFFICERS
    told = json.loads((folder / "trial-users.json").read_text("utf-8"))
    assert len({each["password"] for each in told.values()}) == len(users)
    profile = json.loads(
        realm["components"]["org.keycloak.userprofile.UserProfileProvider"][0]["config"]["kc.user.profile.config"][0]
    )
    assert profile["unmanagedAttributePolicy"] == "ADMIN_EDIT"
