"""Whose rows a caller reaches (V65): no scope without its party; a query silent about a party gives it none."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Uuid, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.http.identity import ROLES, Caller
from shared.scope import (
    NAMED,
    PARTIES,
    Newcomer,
    OfBank,
    OfSite,
    OfSubject,
    Scope,
    WholeField,
    bank_of,
    subject_of,
    within,
)
from shared.vocabulary.errors import Forbidden

_ID = uuid4()
_D = date(2026, 8, 3)
_KINDS = {"subject": OfSubject, "bank": OfBank, "site": OfSite}


class _Base(DeclarativeBase):
    pass


class _Row(_Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    owner_id: Mapped[Any] = mapped_column(Uuid)
    bank_id: Mapped[Any] = mapped_column(Uuid)


def _said(scope: Scope, **conditions: Any) -> str:
    query = within(select(_Row.id), _Row, scope, **conditions)
    return str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_one_kind_of_scope_and_no_other(role: str) -> None:
    kind = _KINDS.get(NAMED.get(role, ""), WholeField)
    caller = Caller(actor="a", role=role, pilot="p", subject_id=_ID, bank_id=_ID, site_id=_ID)
    assert type(caller.scope(_D)) is kind
    for other in {OfSubject, OfBank, OfSite} - {kind}:
        with pytest.raises(Forbidden):
            other("p", role, _D, "a", _ID)
    if kind is not WholeField:
        with pytest.raises(Forbidden):
            WholeField("p", role, _D, "a")


@pytest.mark.parametrize("role", sorted(NAMED))
def test_a_partys_scope_cannot_be_made_without_the_party(role: str) -> None:
    """The hole was `column == None`, which became IS NULL: whoever named nobody reached what was nobody's yet."""
    nothing: Any = None
    with pytest.raises(Forbidden):
        _KINDS[NAMED[role]]("p", role, _D, "a", nothing)
    caller = Caller(actor="a", role=role, pilot="p")
    if role in PARTIES:
        assert caller.scope(_D) == Newcomer("p", role, _D, "a")
    else:
        with pytest.raises(Forbidden):
            caller.scope(_D)


def test_the_bare_scope_is_none() -> None:
    with pytest.raises(Forbidden):
        Scope("p", "commerce", _D, "a")


def test_only_an_authority_reaches_all_rows_and_a_silent_query_gives_a_party_none() -> None:
    own = {"subject": lambda party: _Row.owner_id == party}
    assert _said(WholeField("p", "tax", _D, "a"), **own).endswith("WHERE rows.pilot = 'p'")
    assert _said(OfSubject("p", "operator", _D, "a", _ID), **own).endswith(f"AND rows.owner_id = '{_ID}'")
    for nobody in (
        OfBank("p", "bank", _D, "a", _ID),
        OfSite("p", "site_operator", _D, "a", _ID),
        Newcomer("p", "buyer", _D, "a"),
    ):
        assert _said(nobody, **own).endswith("WHERE false")


def test_who_acts_for_no_subject_or_no_bank_is_refused() -> None:
    subject, bank = OfSubject("p", "operator", _D, "a", _ID), OfBank("p", "bank", _D, "a", _ID)
    assert (subject_of(subject), bank_of(bank)) == (_ID, _ID)
    for scope in (bank, WholeField("p", "tax", _D, "a"), Newcomer("p", "operator", _D, "a")):
        with pytest.raises(Forbidden):
            subject_of(scope)
    for scope in (subject, WholeField("p", "safe", _D, "a")):
        with pytest.raises(Forbidden):
            bank_of(scope)
