"""What a record must show before it is applied: an envelope that can be read, and its topic owner's signature."""

from __future__ import annotations

from shared.messaging.bus import Record
from shared.messaging.envelope import Envelope, UnreadableEnvelope, owner_of, read_envelope
from shared.messaging.signing import Distrusted, Trust

UNTRUSTED_REASONS = ("forged_source", "unsigned", "unknown_key", "bad_signature")
"""What parks an event that isn't shown to be its topic's owner's."""


class Poison(Exception):
    """This event can't be applied; `reason` is one of the kinds that park."""

    def __init__(self, reason: str, error: str) -> None:
        super().__init__(error)
        self.reason = reason


def envelope_of(record: Record) -> Envelope:
    """The record's envelope, or Poison."""
    try:
        envelope = read_envelope(record.headers)
    except UnreadableEnvelope as error:
        raise Poison("bad_envelope", str(error)) from error
    if envelope.key != record.key:
        raise Poison("bad_envelope", "ce_subject is not the record's key")
    return envelope


def require_the_owners(trust: Trust, record: Record, envelope: Envelope) -> None:
    """Poison unless it says that the topic's owner wrote it, and the owner's signature shows it."""
    if envelope.source != f"/services/{owner_of(record.topic)}":
        raise Poison("forged_source", f"{record.topic} is {owner_of(record.topic)}'s alone")
    try:
        trust.require_signed(record)
    except Distrusted as error:
        raise Poison(error.reason, str(error)) from error
