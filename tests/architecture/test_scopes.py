"""What `api` asks of `store` says for whom it asks: it takes the request's scope, or a query that was made with it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketctl.layout import ROOT, package_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SERVICES = ("fx-settlement", "tax-exemption", "trade-ledger", "registry")
# Each with the reason why the answer is the same whoever asks, or why who asks was looked at before.
WITHOUT_SCOPE: dict[str, dict[str, str]] = {
    "fx-settlement": {
        "account_of": "reads nothing",
        "balances_on_accounts": "takes the caller's bank, and balances that it was found to reach",
        "conflicts_of": "asked about a room that the caller was found to reach",
        "lines_of": "asked about a hold that the caller was found to reach",
        "payables_on_accounts": "takes the caller's bank, and payables that it was found to reach",
        "rooms_of": "asked about a room that the caller was found to reach, and told by its portions",
        "version_behind": "asked about a case that the caller was found to reach",
    },
    "tax-exemption": {
        "calendar": "published days, the same for everybody in the pilot",
        "calendar_entries": "published days, the same for everybody in the pilot",
        "entry_seen_by": "published days, the same for everybody in the pilot",
        "open_items": "asked about items that the caller was found to reach",
        "window_for": "reads nothing",
        "windows_now": "reads nothing",
    },
    "registry": {
        "all_amendments_of": "asked about the subject that the caller is",
        "all_grades_of": "asked about the subject that the caller is",
        "all_versions_of": "asked about the subject that the caller is",
        "delegations_of": "asked about the subject that the caller is",
        "erased_among": "asked about subjects that the caller was found to reach",
        "identity_views_of": "asked about a subject that the caller was found to reach, itself where it is a party",
        "count_of_open_amendments": "asked about a subject that the caller sees whole",
        "counterparties_among": "takes the party, and subjects that it was found to reach",
        "entries_in_force": "published lists, the same for everybody in the pilot",
        "filings_of": "asked about a subject that the caller was found to reach",
        "filings_of_many": "asked about subjects that the caller was found to reach",
        "goods_traded_by": "asked about agreements that the caller was found to reach",
        "grades_of": "asked about a subject that the caller was found to reach, its own where it is a party",
        "lists_of": "published lists, the same for everybody in the pilot",
        "open_claims_on": "asked about a subject that the caller sees whole",
        "place": "filed places, the same for everybody in the pilot",
        "places_of": "filed places, the same for everybody in the pilot",
        "speaks": "reads nothing",
        "numbers_amended": "asked about amendments that the caller was found to reach",
        "subjects_claimed": "asked about claims that the caller was found to reach",
        "version_of_subject": "asked about a subject that the caller was found to reach",
        "versions_before": "asked about a subject that the caller reaches, and about parties of its agreements",
        "versions_of": "asked about a subject that the caller was found to reach",
    },
    "trade-ledger": {
        "buyer_is_known_to": "a condition on trades that the caller reaches",
        "buyers_completed": "asked about trades that the caller was found to reach",
        "job_to_continue": "goes on with whatever job waits, and answers nobody",
        "longest_standstill": "goes on with whatever job waits, and answers nobody",
        "open_file": "reads nothing",
        "own_declaration": "takes the act, and finds only what its party consigns or declares",
        "references_registered": "takes the party that registers",
        "registrations_open": "opens the way to write trades, once for a process",
        "results_of": "asked about a job that the caller was found to reach",
        "shown_by": "takes what was told the caller",
        "trace_reads_open": "opens the way to trace, once for a process",
        "traced_of": "takes what was found for the caller",
        "trade_reads_open": "opens the way to read trades, once for a process",
        "unfinished_jobs": "goes on with whatever job waits, and answers nobody",
        "version_of_trade": "asked about a trade that the caller was found to reach",
        "versions_of": "asked about cases that the caller was found to reach",
        "without_originals": "asked about trades that the caller was found to reach",
    },
}
# An `Asking` of the trace can't be made without a scope.
_TELLS = ("Scope", "Asking")


def _asked_of_the_store(service: str) -> Iterator[tuple[str, str, Function]]:
    """Each function of `store` that a module of `api` imports: the module, the function's name, the function."""
    folder, package = ROOT / "services" / service, package_of(service)
    for file in sorted((folder / package / "api").glob("*.py")):
        for module, names in _imports(file):
            source = folder / f"{module.replace('.', '/')}.py"
            if module.startswith(f"{package}.store.") and source.exists():
                for each in ast.parse(source.read_text("utf-8")).body:
                    if isinstance(each, Function) and each.name in names:
                        yield file.name, each.name, each


def _imports(file: Path) -> Iterator[tuple[str, set[str]]]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or "", {each.name for each in node.names}


def _says_for_whom(asked: Function) -> bool:
    """Whether it has to be told the scope, or a query."""
    told, defaults = [*asked.args.posonlyargs, *asked.args.args], len(asked.args.defaults)
    needed = told[: len(told) - defaults]
    needed += [each for each, default in zip(asked.args.kwonlyargs, asked.args.kw_defaults, strict=True) if not default]
    kinds = [ast.unparse(each.annotation) for each in needed if each.annotation]
    return any(each in _TELLS or each.startswith("Select[") for each in kinds)


@pytest.mark.parametrize("service", _SERVICES)
def test_every_query_that_serves_a_request_is_told_whose_rows_are_meant(service: str) -> None:
    silent = {name: module for module, name, asked in _asked_of_the_store(service) if not _says_for_whom(asked)}
    unknown = {name: module for name, module in silent.items() if name not in WITHOUT_SCOPE[service]}
    assert not unknown, "give it the scope, or say in WITHOUT_SCOPE why it needs none"
    assert not set(WITHOUT_SCOPE[service]) - set(silent), "these take a scope now, or are no longer asked"
