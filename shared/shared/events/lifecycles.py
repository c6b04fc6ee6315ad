"""The published state tables: which state of an aggregate may follow which, as readers of the topics see them.

`docs/lifecycles.md` is made from here, and `marketctl verify` holds every lived history against it (I8).
"""

from __future__ import annotations

BEGINS = ""
Lifecycle = dict[str, frozenset[str]]


def _table(**following: str) -> Lifecycle:
    """State → the states that may follow; staying in a state is always allowed."""
    own = {state: frozenset(then.split()) | {state} for state, then in following.items() if state != "begins"}
    return {BEGINS: frozenset(following["begins"].split()), **own}


LIFECYCLES: dict[str, Lifecycle] = {
    # A filing (备案) of one role; after an end the role is filed anew, under another number (R-FILE-3, R-FILE-8, V3).
    "filing": _table(
        begins="draft effective",
        draft="submitted",
        submitted="under_review approved returned rejected",
        under_review="approved returned rejected",
        returned="submitted",
        approved="suspended exited",
        effective="approved returned rejected suspended exited",
        suspended="approved exited",
        rejected="",
        exited="",
    ),
    "agreement": _table(begins="proposed", proposed="confirmed terminated", confirmed="terminated", terminated=""),
    # Granted to an account of the grantor's own it is in force at once; another party accepts it first.
    "delegation": _table(begins="granted in_force", granted="in_force ended", in_force="ended", ended=""),
    "trade": _table(begins="registered", registered="void", void=""),
    # Goods may be reported gone before the site has reported them in (R-DECL-7). What is sealed and not declared may be
    # opened again, for a reason and a new seal (R-PACK-1).
    "load": _table(begins="open", open="sealed closed", sealed="open arrived closed", arrived="open closed", closed=""),
    "packing_list": _table(begins="open", open="sealed void", sealed="open void", void=""),
    # Receipts come late and out of order, so stages may be skipped (R-DECL-4); what an authority adds later may show
    # that not everything was shut out or came back (R-DECL-7). A refused or withdrawn one is submitted again.
    "declaration": _table(
        begins="submitted",
        submitted="rejected withdrawn accepted inspected released departed returned shut_out deleted",
        rejected="submitted withdrawn accepted inspected released departed returned shut_out deleted",
        withdrawn="submitted rejected accepted inspected released departed returned shut_out deleted",
        accepted="withdrawn inspected released departed returned shut_out deleted",
        inspected="withdrawn released departed returned shut_out deleted",
        released="departed returned shut_out deleted",
        departed="returned shut_out deleted",
        returned="departed shut_out deleted",
        shut_out="accepted inspected released departed returned deleted",
        deleted="",
    ),
    "exemption_return": _table(
        begins="filed filed_outside",
        filed="queried accepted",
        filed_outside="queried accepted",
        queried="accepted",
        accepted="",
    ),
    "certificate": _table(begins="applied", applied="issued void", issued="void", void=""),
}
