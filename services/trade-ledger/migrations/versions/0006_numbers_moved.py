"""numbers of declarations and portions move from the documents to their columns; the documents keep the rest

A declaration's document parts what was entered from what was assessed at submission and what customs made of it. A
portion that no receipt has changed declares what it declared when it was submitted.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ENTERED = ("packing_list_ids", "customs_office", "port", "destination", "price_term", "freight", "insurance",
            "inland", "simplified", "expected_arrival")  # fmt: skip
_ASSESSED = ("rate_id", "rate_month", "load_ids", "packages", "gross_weight_kg", "net_weight_kg", "submitted_at")
_CUSTOMS = ("accepted_at", "released_at", "route")
_SUBMITTED = ("quantity", "slip_value", "declared_value", "fob_value", "fob_usd")
_STAGES = tuple(
    f"{stage}_{what}"
    for stage in ("released", "departed", "shut_out", "returned")
    for what in ("quantity", "value", "fob")
)
_MOVED = tuple(name for name in _STAGES if name not in ("released_quantity", "departed_quantity", "returned_quantity"))
_COLUMNS = (*_SUBMITTED, *_STAGES, "slip_currency", "declared_currency", "portion_id", "pilot", "trade_id",
            "trade_line_id", "declaration_id")  # fmt: skip


def _object(names: tuple[str, ...], *more: str) -> str:
    return "jsonb_build_object(" + ", ".join([*(f"'{name}', content->'{name}'" for name in names), *more]) + ")"


def upgrade() -> None:
    items = (
        "(SELECT coalesce(jsonb_agg(item - 'value' ORDER BY place), '[]')"
        " FROM jsonb_array_elements(content->'items') WITH ORDINALITY AS each (item, place))"
    )
    assessed = _object(_ASSESSED, f"'items', {items}")
    entered = _object(_ENTERED, "'differences', coalesce(content->'differences', '[]')")
    op.execute(
        "UPDATE declarations SET currency = content->>'currency',"
        " total_value = (content->>'total_value')::numeric, total_fob = (content->>'total_fob')::numeric,"
        " total_fob_usd = (content->>'total_fob_usd')::numeric,"
        f" content = jsonb_build_object('entered', {entered}, 'assessed', CASE WHEN content ? 'submitted_at'"
        f" THEN {assessed} END, 'customs', {_object(_CUSTOMS)},"
        " 'withdrawn_attempt', content->'withdrawn_attempt')"
    )
    submitted = ", ".join(
        f"'{name}', coalesce(content->'submitted'->'{name}', content->'{name}')" for name in _SUBMITTED
    )
    moved = ", ".join(f"{name} = (content->>'{name}')::numeric" for name in ("slip_value", *_MOVED))
    named = ", ".join(f"'{name}'" for name in _COLUMNS)
    op.execute(
        f"UPDATE portions SET {moved}, slip_currency = content->>'slip_currency',"
        " declared_currency = content->>'declared_currency',"
        f" content = (content - ARRAY[{named}]) || jsonb_build_object('submitted', jsonb_build_object({submitted}))"
    )
