"""Problem documents (RFC 9457): each code defined once, in two languages, with its rule and what to do next (V67)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.http.words import words_of_error
from shared.vocabulary.errors import SetupProblem
from shared.vocabulary.rules import Breach, citation
from shared.vocabulary.words import in_chinese

MOST_ERRORS = 100
_LEFT_OFF = "errors_left_off"
_LONGEST_NAME = 120
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
            "errors": [self._error(breach) for breach in bounded(breaches, MOST_ERRORS)],
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
        if codes := breach.params.get("choice_codes"):
            error["choices"] = str(codes).split()
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


_TYPES = {
    "field_missing": (
        "missing missing_argument missing_keyword_only_argument missing_positional_only_argument missing_sentinel_error"
    ),
    "field_unknown": (
        "extra_forbidden unexpected_keyword_argument unexpected_positional_argument multiple_argument_values "
        "invalid_key no_such_attribute"
    ),
    "field_pattern": "string_pattern_mismatch url_type url_parsing url_syntax_violation url_scheme",
    "field_too_short": "string_too_short bytes_too_short too_short",
    "field_too_long": "string_too_long bytes_too_long url_too_long too_long",
    "body_not_json": "json_invalid json_type",
    "field_not_text": "string_type string_not_ascii bytes_type bytes_invalid_encoding",
    "field_not_integer": "int_type int_parsing int_from_float",
    "field_not_number": (
        "float_type float_parsing decimal_type decimal_parsing decimal_max_digits decimal_max_places "
        "decimal_whole_digits fraction_type fraction_parsing complex_type complex_str_parsing"
    ),
    "value_not_storable": ("int_parsing_size finite_number string_unicode recursion_loop recursion_depth_exceeded"),
    "field_not_id": "uuid_parsing uuid_type uuid_version",
    "field_not_a_choice": "literal_error enum union_tag_invalid union_tag_not_found none_required",
    "field_not_boolean": "bool_type bool_parsing",
    "field_not_date": "date_type date_parsing date_from_datetime_parsing date_from_datetime_inexact",
    "field_not_datetime": (
        "datetime_type datetime_parsing datetime_object_invalid datetime_from_date_parsing time_type "
        "time_parsing time_delta_type time_delta_parsing timezone_aware timezone_naive timezone_offset"
    ),
    "field_out_of_range": (
        "greater_than greater_than_equal less_than less_than_equal multiple_of date_past date_future "
        "datetime_past datetime_future"
    ),
    "field_not_list": ("list_type tuple_type set_type frozen_set_type deque_type iterable_type iteration_error"),
    "field_not_object": (
        "model_type model_attributes_type dict_type mapping_type frozen_dict_type ordered_dict_type "
        "counter_type named_tuple_type dataclass_type dataclass_exact_type arguments_type"
    ),
    "one_of_fields_missing": "one_of_fields_missing",
    "fields_exclusive": "fields_exclusive",
    "text_unreadable": "text_unreadable",
    "parameter_unknown": "parameter_unknown",
    "parameter_repeated": "parameter_repeated",
    "reference_without_letter": "reference_without_letter",
    "field_invalid": (
        "value_error assertion_error get_attribute_error default_factory_not_called needs_python_object "
        "frozen_field frozen_instance set_item_not_hashable is_instance_of is_subclass_of callable_type "
        "ellipsis_error"
    ),
}
"""The problem code of every type of error that pydantic has: the sentences are ours, in two languages."""
FORM_CODES = {*_TYPES, "body_missing", _LEFT_OFF}
_PYDANTIC = {kind: code for code, kinds in _TYPES.items() for kind in kinds.split()}
_PLACES = ("body", "query", "path", "header")


def malformed(errors: Iterable[Mapping[str, Any]]) -> tuple[Breach, ...]:
    """Breaches for pydantic's errors, by their stable types; input values are never repeated (V66)."""
    breaches: list[Breach] = []
    told = list(errors)
    for error in told[:MOST_ERRORS]:
        code = _PYDANTIC.get(error["type"], "field_invalid")
        if tuple(error["loc"]) == ("body",):
            # A remedy that speaks of a field needs a pointer to one.
            code = {"field_missing": "body_missing", "field_invalid": "body_not_json"}.get(code, code)
        context = {key: str(value) for key, value in (error.get("ctx") or {}).items()}
        # The choices alone: pydantic joins them with an English word.
        expected = next((_listed(context[name]) for name in _EXPECTED if name in context), "")
        params = {
            "expected": expected,
            "expected_zh": context.get("expected_zh", expected),
            "choice_codes": context.get("choice_codes", ""),
            "limit": next((v for k, v in context.items() if k in _LIMITS), ""),
            # Words of our own, never the error's text: that is in one language and may repeat the input.
            **words_of_error(context),
        }
        breaches.append(Breach(code, "", "" if code == "body_not_json" else pointer_to(error["loc"]), params))
    return bounded(breaches, MOST_ERRORS, len(told))


def bounded(breaches: Sequence[Breach], most: int, found: int = 0) -> tuple[Breach, ...]:
    """At most so many of them, and how many more there are; `found` is their number where not all were made."""
    made = tuple(each for each in breaches if each.code != _LEFT_OFF)
    left = sum(int(each.params["count"]) for each in breaches if each.code == _LEFT_OFF)
    more = max(found, len(made)) + left - len(made[:most])
    return (*made[:most], Breach(_LEFT_OFF, "", "", {"count": str(more)})) if more else made


def _listed(choices: str) -> str:
    return choices.replace("' or '", "', '").replace("'", "")


def pointer_to(location: Sequence[int | str]) -> str:
    """The JSON pointer (RFC 6901) of pydantic's location, whose first part may name the part of the request."""
    parts = location[1:] if location and location[0] in _PLACES else location
    return "".join("/" + _named(str(part)).replace("~", "~0").replace("/", "~1") for part in parts)


def _named(part: str) -> str:
    """A name as it is; one that no form has may be of any length."""
    return part if len(part) <= _LONGEST_NAME else part[:_LONGEST_NAME] + "…"


_EXPECTED = ("expected", "expected_tags")
_LIMITS = {"min_length", "max_length", "gt", "ge", "lt", "le"}
