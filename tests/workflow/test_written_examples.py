"""Every code block of the documentation: run, or compared, on a market that has lived through the sample days."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from marketctl.embedded.layout import default_ports
from marketctl.layout import ROOT, SERVICES
from marketctl.sample.sheets import FOLDER
from marketctl.services import described
from marketctl.verify.questions import ask
from shared.workshop.testing.programs import lines_of
from shared.workshop.waiting import wait_until

# The fixture's type is in conftest.py, which can't be imported: pytest runs in importlib mode.
Lived = Any
pytestmark = pytest.mark.timeout(600)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^#+ ([^\n]+)\n(.*?)(?=^#+ [^\n]+\n|\Z)", re.MULTILINE | re.DOTALL)
_ELLIPSIS = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: the n-th under its heading, its language and its text."""

    page: str
    heading: str
    n: int
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.page}, {self.heading}, {self.n}"

    def before(self) -> str:
        """The text of the block above it."""
        return BLOCKS[f"{self.page}, {self.heading}, {self.n - 1}"].text


def blocks() -> Iterator[Block]:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/README.md")]
    for file in sorted(pages):
        for heading, content in _SECTION.findall(file.read_text("utf-8")):
            for n, (language, text) in enumerate(_BLOCK.findall(content), 1):
                yield Block(str(file.relative_to(ROOT)), heading, n, language, text)


BLOCKS = {each.name: each for each in blocks()}


def done(lived: Lived, command: list[str], folder: Path, status: int = 0) -> str:
    """What a command prints, told which run it is about."""
    environment = {**os.environ, "RUN_FOLDER": str(lived.layout.folder), "NO_COLOR": "1", "COLUMNS": "300"}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == status, (ended.stdout, ended.stderr)
    return ended.stdout


def of_this_run(lived: Lived, text: str) -> str:
    """The text with this run's ports in place of those of `make run`."""
    ports = {str(port): str(lived.layout.ports[name]) for name, port in default_ports().items()}
    return re.sub(r"(?<=127\.0\.0\.1:)\d+", lambda found: ports.get(found[0], found[0]), text)


def shell(lived: Lived, text: str, folder: Path = ROOT, status: int = 0) -> str:
    return done(lived, ["bash", "-euo", "pipefail", "-c", of_this_run(lived, text)], folder, status)


def run_shell(lived: Lived, block: Block, _: Path) -> None:
    assert shell(lived, block.text)


def dry_run(lived: Lived, block: Block, _: Path) -> None:
    """The targets exist and take these arguments; what they do has tests of its own."""
    lines = [each for each in block.text.splitlines() if each]
    assert all(each.startswith("make ") for each in lines)
    assert shell(lived, block.text.replace("make ", "make -n "))


def compare_answer(lived: Lived, block: Block, _: Path) -> None:
    """The answer of the block before."""
    assert json.loads(shell(lived, block.before())) == json.loads(block.text)


def compare_trace(lived: Lived, block: Block, _: Path) -> None:
    """Its lines stand in the trace that the block before asks for, but for the second and the ids of this run."""
    trace = next(each for each in block.before().splitlines() if " trace " in each)
    told = shell(lived, trace)
    for line in block.text.splitlines():
        if line != _ELLIPSIS:
            form = re.sub(rf"[0-9a-f]{{8}}-{_ELLIPSIS}", "~", re.sub(r"T\S+Z", "T~", line))
            form = r"\s+".join(re.escape(word).replace(r"\~", r"\S+").replace("~", r"\S+") for word in form.split())
            assert re.search(form, told), (line, told)


def caller(lived: Lived, role: str, **party: str) -> dict[str, str]:
    token = httpx.post(lived.layout.url("issuer") + "/token", json={"role": role, **party}, trust_env=False)
    return {
        "authorization": f"Bearer {token.json()['access_token']}",
        "idempotency-key": f"written-{os.urandom(8).hex()}",
    }


def some_trade(lived: Lived) -> tuple[Any, ...]:
    asked = "SELECT seller_id, consignor_id, buyer_id FROM trades WHERE external_ref = 'OP1-0001'"
    return ask(lived.layout.installation, "trade-ledger", asked)[0]


def refuse_trade(lived: Lived, block: Block, _: Path) -> None:
    """The example of OpenAPI with another total: what the page shows is in the answer."""
    seller, consignor, buyer = some_trade(lived)
    post = described("trade-ledger").load_app().openapi()["paths"]["/v1/trades"]["post"]
    (example,) = post["requestBody"]["content"]["application/json"]["schema"]["examples"]
    parties = {"seller_id": str(seller), "consignor_id": str(consignor), "buyer_id": str(buyer)}
    body = {**example, **parties, "export_agency_id": None, "total": "307.00"}
    headers = caller(lived, "operator", subject_id=str(consignor))
    answer = httpx.post(lived.layout.url("trade-ledger") + "/v1/trades", json=body, headers=headers, trust_env=False)
    shown, told = json.loads(block.text), answer.json()
    shown.pop("trace_id")
    assert {name: told[name] for name in shown} == shown, answer.text


def read_for_another(lived: Lived, block: Block, _: Path) -> None:
    """The sample's clerk reads its party's trades with the header, nothing without it, and no money with it."""
    request, *headers = block.text.splitlines()
    method, path, _version = request.split()
    assert [each.partition(":")[0] for each in headers] == ["Authorization", "On-Behalf-Of"]
    (grantor,) = ask(lived.layout.installation, "registry", "SELECT grantor_id FROM delegations ORDER BY id LIMIT 1")[0]
    clerk = caller(lived, "stall_holder", actor="account:SH001:clerk")

    def told(service: str, path: str, **sent: str) -> httpx.Response:
        address = lived.layout.url(service) + path
        return httpx.request(method, address, headers={**clerk, **sent}, trust_env=False)

    on_behalf = {"on-behalf-of": str(grantor)}
    trades = told("trade-ledger", path, **on_behalf).json()["items"]
    assert {each["seller_id"] for each in trades} == {str(grantor)}
    assert told("trade-ledger", path).status_code == 403
    assert told("fx-settlement", "/v1/collections", **on_behalf).status_code == 403


def import_again(lived: Lived, block: Block, _: Path) -> None:
    """A workbook that was imported before."""
    consignor = str(some_trade(lived)[1])
    headers = caller(lived, "operator", subject_id=consignor)
    content, address = (FOLDER / "trades-OP1.xlsx").read_bytes(), lived.layout.url("trade-ledger")
    answer = httpx.post(address + "/v1/trade-imports", content=content, headers=headers, trust_env=False, timeout=60)
    shown, told = json.loads(block.text), answer.json()
    told["results"] = told["results"][: len(shown["results"])]
    assert {name: told[name] for name in shown} == shown


def send_without_waiting(lived: Lived, block: Block, _: Path) -> None:
    """A file of rows that are all refused, followed until its job has ended."""
    headers = caller(lived, "operator", subject_id=str(some_trade(lived)[1])) | {"prefer": "respond-async"}
    with httpx.Client(base_url=lived.layout.url("trade-ledger"), headers=headers, trust_env=False) as client:
        sent = client.post("/v1/trades/bulk", content=b"{}\n{}\n{}")
        assert wait_until(lambda: client.get(sent.headers["location"]).json()["ended_at"])
        shown, told = json.loads(block.text), client.get(sent.headers["location"]).json()
        assert {name: told[name] for name in shown} == shown
        assert [each["row"] for each in client.get(told["report"]).json()["results"]] == [1, 2, 3]


def read_the_topic(lived: Lived, block: Block, folder: Path) -> None:
    """A reader never ends by itself: its first line is enough."""
    (line,) = first_lines(lived, block, folder, 1)
    assert re.fullmatch(r"\S+ released [\d.]+", line)


def first_lines(lived: Lived, block: Block, folder: Path, count: int) -> list[str]:
    """The first lines that a program prints, which is ended then."""
    return asyncio.run(lines_of(of_this_run(lived, block.text), folder, until=lambda found: len(found) == count))


def check_signatures(lived: Lived, block: Block, folder: Path) -> None:
    """Every event of a market that signed from its first day is its owner's."""
    told = first_lines(lived, block, folder, 20)
    assert all(re.fullmatch(r"\d+ \d+ the owner's", line) for line in told), told


def make_keys(lived: Lived, block: Block, folder: Path) -> None:
    """The first line makes a key; the others ask a deployment. `test_signing.py` has tests of all three."""
    (folder / ".venv").symlink_to(ROOT / ".venv")
    makes, begins, retires = block.text.splitlines()
    assert "of registry: registry-signing-key" in shell(lived, makes, folder)
    for each, verb in ((begins, "begin"), (retires, "retire")):
        assert f" signing {verb} " in each


def compare_rules(lived: Lived, block: Block, folder: Path) -> None:
    """This run's Kafka has no rules. `test_secured_kafka.py` of marketctl goes through with it."""
    for line in block.text.splitlines():
        assert " kafka acls --reader " in line


def compare_options(lived: Lived, block: Block, folder: Path) -> None:
    """This run's Kafka lets everybody in. `test_secured_kafka.py` of marketctl reads a secured one with it."""
    compile(block.text, block.name, "exec")
    assert "SASL_SSL" in block.text


def ask_a_deployment(lived: Lived, block: Block, folder: Path) -> None:
    """With the addresses, brokers and secrets of this run in place of a site's; nothing is parked to be released."""
    secrets = folder / "secrets"
    secrets.mkdir()
    for service in SERVICES:
        (secrets / f"{service}-database").write_text(lived.layout.database_url(service))
    (secrets / "my-token").write_text(lived.layout.installation.token("system", {}))
    (folder / ".venv").symlink_to(ROOT / ".venv")
    text = block.text.replace("/run/secrets", str(secrets))
    for service in SERVICES:
        text = text.replace(f"https://{service}.example.org", lived.layout.url(service))
    text = re.sub(r"(?<=KAFKA_BOOTSTRAP=)\S+", f"127.0.0.1:{lived.layout.ports['kafka']}", text)
    # This run's Kafka lets in whoever is on this machine. `test_secured_kafka.py` reaches one as the page says.
    text = text.replace("MARKET_KAFKA_SECURITY_PROTOCOL=SASL_SSL", "MARKET_ENVIRONMENT=sandbox")
    text = re.sub(r"MARKET_KAFKA_(USER|PASSWORD_FILE|CA)=\S+\n", "", text)
    *before, release = text.splitlines()
    assert " parked release " in release
    shell(lived, "\n".join(before), folder)
    assert shell(lived, f"{release} 2>&1", folder, status=1).startswith("not_found")


def look_only(lived: Lived, block: Block, _: Path) -> None:
    """Nothing stands: there is nothing to agree to. `test_commands.py` of marketctl goes through with it."""
    looks, proposes, confirms, verifies = block.text.splitlines()
    assert shell(lived, looks)
    for each in (proposes, confirms):
        assert " --apply " in each
    assert shell(lived, verifies)


def take_nothing(lived: Lived, block: Block, _: Path) -> None:
    """No such event is parked. `test_commands.py` of marketctl goes through with it."""
    looks, *applies = block.text.splitlines()
    assert shell(lived, looks.replace("#", "2>&1 #"), status=2).startswith("fx-settlement has no parked event")
    for each in applies:
        assert " --apply " in each


Way = Callable[[Lived, Block, Path], None]
RUN: dict[str, Way] = {
    "README.md, Run it, 1": dry_run,
    "README.md, A first request, 1": run_shell,
    "README.md, A first request, 2": compare_answer,
    "README.md, A first event, 1": run_shell,
    "README.md, A first event, 2": compare_trace,
    "docs/benchmarks/README.md, Benchmarks, 1": dry_run,
    "docs/developing.md, Before and after a change, 1": dry_run,
    "docs/integrators.md, Who you are, 1": run_shell,
    "docs/integrators.md, Acting for another party, 1": read_for_another,
    "docs/integrators.md, Refusals, 1": refuse_trade,
    "docs/integrators.md, Many trades at once, 1": import_again,
    "docs/integrators.md, Without waiting for the report, 1": send_without_waiting,
    "docs/integrators.md, Reading the topics, 1": read_the_topic,
    "docs/integrators.md, Checking who wrote an event, 1": check_signatures,
    "docs/integrators.md, Reading a secured broker, 1": compare_options,
    "docs/operations.md, Pointing marketctl at a deployment, 1": ask_a_deployment,
    "docs/operations.md, Health checks, 1": run_shell,
    "docs/operations.md, Two events claim one sequence, 1": take_nothing,
    "docs/operations.md, Reconciling, 1": look_only,
    "docs/operations.md, A Kafka that others reach, 1": compare_rules,
    "docs/operations.md, The keys that events are signed with, 1": make_keys,
}
BY_DOCKER = "needs a Docker engine, which the machine of the tests lacks"
NOT_RUN = {
    "docs/compose.md, Start it, 1": BY_DOCKER,
    "docs/compose.md, What runs, 1": BY_DOCKER,
    "docs/compose.md, Signing in, 1": BY_DOCKER,
    "docs/workflow.md, One piece of goods, from stall to exemption, 1": "a picture, that the reader of the page draws",
}


def test_every_block_is_run_or_says_why_not() -> None:
    assert sorted(BLOCKS) == sorted([*RUN, *NOT_RUN])
    assert [each.name for each in BLOCKS.values() if not each.language] == ["README.md, A first event, 2"]


def test_no_fence_hides_a_block_from_this_test() -> None:
    pages = {each.page for each in BLOCKS.values()}
    for page in pages:
        fences = [line for line in (ROOT / page).read_text("utf-8").splitlines() if re.match(r"\s*(```|~~~)", line)]
        assert len(fences) == 2 * sum(each.page == page for each in BLOCKS.values()), page


@pytest.mark.parametrize("name", RUN)
def test_a_block_does_what_the_page_says(lived: Lived, tmp_path: Path, name: str) -> None:
    RUN[name](lived, BLOCKS[name], tmp_path)
