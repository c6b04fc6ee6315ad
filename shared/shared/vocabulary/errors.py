"""The kinds of failure; what each is over HTTP stands in one table of `shared.http.responses`."""

from __future__ import annotations

from shared.vocabulary.rules import Breach


class SetupProblem(Exception):
    """The process can't start as it was set up; the text is one sentence that says what to do."""


class NotFound(Exception):
    """Nothing of that id is known."""


class Hidden(NotFound):
    """It exists but belongs to somebody else: answered as not found, audited as V65."""


class Forbidden(Exception):
    """The caller's role may not do this; `code` is public contract, `rule` what it breaks of the domain's, if any."""

    code = "forbidden"
    rule: str | None = None


class DelegateNotInForce(Forbidden):
    """A delegation is in force, and who would act under it isn't any more: its party's filing, or the clerk's role."""

    code = "delegate_not_in_force"
    rule = "R-FILE-3"

    def __init__(self, role: str) -> None:
        super().__init__(f"the delegate isn't in force as {role}")


class PartyNotFiled(Forbidden):
    """The subject, bank or site that the caller's token names isn't filed, or its filing has `ended`."""

    code = "party_not_filed"

    def __init__(self, named: str, *, ended: bool) -> None:
        super().__init__(f"the {named} that the token names {'has ended' if ended else 'is not filed'}")
        self.rule = "R-FILE-3" if ended else "R-FILE-1" if named == "subject" else "R-FILE-9"


class Stale(Exception):
    """The caller decided on a version that is not the newest."""


class Conflict(Exception):
    """The aggregate's state doesn't allow it; `code` is public contract."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(reason or code)
        self.code = code


class Busy(Exception):
    """It can't be decided right now, for a reason that passes: answered 503, and the same request may come again."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Refused(Exception):
    """A rule of the trade refuses, with every breach."""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        super().__init__(", ".join(breach.code for breach in breaches))
        self.breaches = breaches


class Malformed(Exception):
    """The input can't be what it claims to be, with every breach."""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        super().__init__(", ".join(breach.code for breach in breaches))
        self.breaches = breaches


class Unreconciled(Exception):
    """Database and bus don't agree, or it isn't known yet whether they do: no command is taken; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
