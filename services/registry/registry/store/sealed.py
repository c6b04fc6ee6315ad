"""What registry seals, and how a subject's row does it."""

from __future__ import annotations

from uuid_utils.compat import uuid7

from registry.domain.qualification import account_id_of, with_qualification
from registry.store.documents import ACCOUNT, NAME, StatedQualification
from registry.store.tables import SubjectRow
from shared.events.registry import Qualification
from shared.rows import model_from
from shared.sealing import IDENTITY, RowKey, SealedRows, Sealer
from shared.vocabulary.identifiers import first_account

SUBJECTS = "subjects"

SEALED = (
    SealedRows(
        SUBJECTS,
        key=("id",),
        documents=("identity", "name", "qualifications"),
        beside=("identity_kind", "country"),
        columns={"identity": IDENTITY, "name": NAME, "account": ACCOUNT},
        indexes={"identity_index": "identity"},
    ),
    SealedRows(
        "subject_amendments",
        key=("subject_id", "id"),
        documents=("parts",),
        columns={"name": NAME, "account": ACCOUNT},
        of=SUBJECTS,
    ),
    SealedRows(
        "subject_versions",
        key=("subject_id", "version"),
        documents=("state",),
        columns={"identity": IDENTITY, "name": NAME, "account": ACCOUNT},
        of=SUBJECTS,
    ),
)
"""Where sealed values are; its states and what waits for commerce keep what was sealed for its row."""


def own_key(subject: SubjectRow, sealer: Sealer) -> RowKey:
    """The subject's data key, under its lock: a row of 0.1.0 gets its own here, another's would be lost."""
    key = sealer.row_key(SUBJECTS, subject.id, subject.data_key)
    subject.data_key = key.wrapped
    return key


def kept_qualification(subject: SubjectRow, stated: StatedQualification, sealer: Sealer) -> Qualification:
    """The qualification as the subject keeps it: account numbers only sealed, and one account is one by any key.

    An account that is on file keeps the index by which it is on file until the keys are rotated.
    """
    account = None
    if stated.account is not None:
        known = sealer.indexes(stated.account, ACCOUNT)
        held = (each.account.blind_index for each in subject.qualifications if each.account is not None)
        index = next((each for each in held if each in known), known[0])
        account = own_key(subject, sealer).seal(stated.account, ACCOUNT).model_copy(update={"blind_index": index})
    return model_from(Qualification, stated, account=account, account_id=None)


def hold_qualification(subject: SubjectRow, kept: Qualification) -> None:
    """The subject holds the qualification from now on; an account gets the id by which money is booked to it."""
    held = subject.qualifications
    if kept.bank_id is not None:
        first = first_account(subject.id, kept.bank_id)
        account_id = account_id_of(held, kept, first=first, further=uuid7())
        kept = kept.model_copy(update={"account_id": account_id})
    subject.qualifications = with_qualification(held, kept)
