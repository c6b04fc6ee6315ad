"""What goes wrong, said once per code in two languages, with the rule and what to do next (RFC 9457)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.vocabulary.errors import SetupProblem
from shared.vocabulary.rules import Breach, citation

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One code of the catalogue; texts may hold {placeholders} that a breach's params fill."""

    code: str
    status: int
    title: str
    title_zh: str
    fix: str
    fix_zh: str
    detail: str = ""
    detail_zh: str = ""
    retryable: bool = False


class Catalogue:
    """All problem codes of a service: the shared ones and its own."""

    def __init__(self, *files: Path) -> None:
        self.problems: dict[str, Problem] = {}
        for file in (Path(__file__).with_name("problems.toml"), *files):
            for code, entry in tomllib.loads(file.read_text("utf-8")).items():
                if code in self.problems:
                    raise SetupProblem(f"problem code {code} stands twice in the catalogue")
                self.problems[code] = Problem(code=code, **entry)

    def __getitem__(self, code: str) -> Problem:
        return self.problems[code]

    def refusal(
        self,
        breaches: Sequence[Breach],
        *,
        status: int,
        instance: str,
        trace_id: str,
        language: str | None,
        docs: str = "/problems",
    ) -> dict[str, Any]:
        """The body for one or several breaches; the first gives code, title and fix."""
        first = breaches[0]
        problem = self[first.code]
        english, chinese = self._detail(first)
        zh = bool(language and language.strip().lower().startswith("zh"))
        body: dict[str, Any] = {
            "type": f"{docs}/{first.code}",
            "title": problem.title_zh if zh else problem.title,
            "title_zh": problem.title_zh,
            "title_en": problem.title,
            "status": status,
            "code": first.code,
            "detail": chinese if zh else english,
            "detail_zh": chinese,
            "detail_en": english,
            "errors": [self._error(breach) for breach in breaches],
            "fix": problem.fix,
            "fix_zh": problem.fix_zh,
            "retryable": problem.retryable,
            "instance": instance,
            "trace_id": trace_id,
            "docs": f"{docs}/{first.code}",
        }
        if first.rule:
            body["rule"] = _rule(first.rule)
        return body

    def _error(self, breach: Breach) -> dict[str, Any]:
        english, chinese = self._detail(breach)
        problem = self[breach.code]
        error: dict[str, Any] = {
            "pointer": breach.pointer,
            "code": breach.code,
            "message": english,
            "message_zh": chinese,
            "fix": problem.fix,
            "fix_zh": problem.fix_zh,
        }
        if breach.rule:
            error["rule"] = _rule(breach.rule)
        return error

    def texts(self, breach: Breach) -> tuple[str, str]:
        """The English and the Chinese sentence of a breach, for reports by row."""
        return self._detail(breach)

    def _detail(self, breach: Breach) -> tuple[str, str]:
        problem = self[breach.code]
        english = (problem.detail or problem.title).format_map(_Params(breach.params))
        chinese = (problem.detail_zh or problem.title_zh).format_map(_Params(breach.params))
        return english, chinese


class _Params(dict[str, str]):
    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__(params)

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _rule(rule_id: str) -> dict[str, str]:
    rule = citation(rule_id)
    return {
        "id": rule.id,
        "version": rule.version,
        "title": rule.title,
        "title_zh": rule.title_zh,
        "source": rule.source,
    }


_PYDANTIC = {
    "missing": "field_missing",
    "extra_forbidden": "field_unknown",
    "string_pattern_mismatch": "field_pattern",
    "string_too_short": "field_too_short",
    "string_too_long": "field_too_long",
    "too_short": "field_too_short",
    "too_long": "field_too_long",
    "json_invalid": "body_not_json",
    "string_type": "field_not_text",
    "int_type": "field_not_integer",
    "int_parsing": "field_not_integer",
    "int_parsing_size": "field_not_integer",
    "int_from_float": "field_not_integer",
    "finite_number": "field_not_integer",
    "uuid_parsing": "field_not_id",
    "uuid_type": "field_not_id",
    "literal_error": "field_not_a_choice",
    "enum": "field_not_a_choice",
    "bool_type": "field_not_boolean",
    "bool_parsing": "field_not_boolean",
    "date_from_datetime_parsing": "field_not_date",
    "date_parsing": "field_not_date",
    "date_type": "field_not_date",
    "datetime_parsing": "field_not_datetime",
    "datetime_from_date_parsing": "field_not_datetime",
    "timezone_aware": "field_not_datetime",
    "greater_than": "field_out_of_range",
    "greater_than_equal": "field_out_of_range",
    "less_than": "field_out_of_range",
    "less_than_equal": "field_out_of_range",
    "list_type": "field_not_list",
    "tuple_type": "field_not_list",
    "model_type": "field_not_object",
    "model_attributes_type": "field_not_object",
    "dict_type": "field_not_object",
}


def malformed(errors: Iterable[Mapping[str, Any]]) -> tuple[Breach, ...]:
    """Breaches for pydantic's errors, by their stable types; input values are never repeated (V66)."""
    breaches = []
    for error in errors:
        location = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
        context = {key: str(value) for key, value in (error.get("ctx") or {}).items()}
        params = {
            "expected": context.get("expected", context.get("pattern", "")),
            "limit": next((v for k, v in context.items() if k in _LIMITS), ""),
            "reason": str(context.get("error", error["type"])),
        }
        code = _PYDANTIC.get(error["type"], "field_invalid")
        breaches.append(Breach(code, "", "/" + "/".join(location) if location else "", params))
    return tuple(breaches)


_LIMITS = {"min_length", "max_length", "gt", "ge", "lt", "le"}
