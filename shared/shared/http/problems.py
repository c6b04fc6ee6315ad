"""Problem documents (RFC 9457): each code defined once, in two languages, with its rule and what to do next."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.vocabulary.errors import SetupProblem
from shared.vocabulary.rules import Breach, citation
from shared.vocabulary.words import in_chinese

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
    ) -> dict[str, Any]:
        """The body for one or several breaches; the first gives code, title and fix."""
        first = breaches[0]
        problem = self[first.code]
        english, chinese = self._detail(first)
        zh = prefers_chinese(language or "")
        body: dict[str, Any] = {
            "type": f"/problems/{first.code}",
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
            "docs": f"/problems/{first.code}",
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
        said = {name: in_chinese(each) if isinstance(each, str) else each for name, each in breach.params.items()}
        chinese = (problem.detail_zh or problem.title_zh).format_map(_Params(said))
        return english, chinese


def prefers_chinese(accept_language: str) -> bool:
    """Whether Accept-Language ranks Chinese before English; English where it names neither (RFC 9110 §12.5.4)."""
    ranked = []
    for each in accept_language.split(","):
        tag, _, weight = each.partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _QUALITY.fullmatch(weight.strip() or "q=1")
        if language in ("zh", "en") and quality is not None and float(quality.group(1)) > 0:
            ranked.append((-float(quality.group(1)), language))
    return bool(ranked) and min(ranked, key=lambda each: each[0])[1] == "zh"


_QUALITY = re.compile(r"q=([01](?:\.[0-9]{0,3})?)", re.ASCII)


class _Params(dict[str, str]):
    def __init__(self, params: Mapping[str, str | Decimal]) -> None:
        super().__init__({name: f"{each:f}" if isinstance(each, Decimal) else each for name, each in params.items()})

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
        "url": f"/rules/{rule.id}",
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
    "int_from_float": "field_not_integer",
    "int_parsing_size": "value_not_storable",
    "finite_number": "value_not_storable",
    "string_unicode": "value_not_storable",
    "uuid_parsing": "field_not_id",
    "uuid_type": "field_not_id",
    "uuid_version": "field_not_id",
    "literal_error": "field_not_a_choice",
    "enum": "field_not_a_choice",
    "union_tag_invalid": "field_not_a_choice",
    "union_tag_not_found": "field_not_a_choice",
    "bool_type": "field_not_boolean",
    "bool_parsing": "field_not_boolean",
    "date_from_datetime_parsing": "field_not_date",
    "date_from_datetime_inexact": "field_not_date",
    "date_parsing": "field_not_date",
    "date_type": "field_not_date",
    "datetime_type": "field_not_datetime",
    "datetime_parsing": "field_not_datetime",
    "datetime_object_invalid": "field_not_datetime",
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
    "mapping_type": "field_not_object",
    "one_of_fields_missing": "one_of_fields_missing",
    "text_unreadable": "text_unreadable",
    "parameter_unknown": "parameter_unknown",
    "parameter_repeated": "parameter_repeated",
    "reference_without_letter": "reference_without_letter",
}
_PLACES = ("body", "query", "path", "header")


def malformed(errors: Iterable[Mapping[str, Any]]) -> tuple[Breach, ...]:
    """Breaches for pydantic's errors, by their stable types; input values are never repeated (V66)."""
    breaches = []
    for error in errors:
        code = _PYDANTIC.get(error["type"], "field_invalid")
        if tuple(error["loc"]) == ("body",):
            # A remedy that speaks of a field needs a pointer to one.
            code = {"field_missing": "body_missing", "field_invalid": "body_not_json"}.get(code, code)
        context = {key: str(value) for key, value in (error.get("ctx") or {}).items()}
        params = {
            "expected": next((context[name] for name in _EXPECTED if name in context), ""),
            "limit": next((v for k, v in context.items() if k in _LIMITS), ""),
            # The error's type, never its text: that is in one language and may repeat the input.
            "reason": str(error["type"]),
        }
        breaches.append(Breach(code, "", "" if code == "body_not_json" else pointer_to(error["loc"]), params))
    return tuple(breaches)


def pointer_to(location: Sequence[int | str]) -> str:
    """The JSON pointer (RFC 6901) of pydantic's location, whose first part may name the part of the request."""
    parts = location[1:] if location and location[0] in _PLACES else location
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


_EXPECTED = ("expected", "pattern", "expected_tags")
_LIMITS = {"min_length", "max_length", "gt", "ge", "lt", "le"}
