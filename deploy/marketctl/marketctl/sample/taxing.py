"""Exemption returns, certificates, the tax officer."""

from __future__ import annotations

from typing import Any

from marketctl.sample.story import Story

_OFFICER = {"role": "tax", "actor": "tax:officer"}


def _departed_holders(story: Story) -> set[str]:
    return {
        portion["stall_holder_id"]
        for declaration in story.declarations.values()
        for portion in declaration["declaration"]["portions"]
        if portion["departed_quantity"] != "0"
    }


def _return(row: dict[str, str], story: Story) -> dict[str, str]:
    return {"stall_holder_id": story.subject(row["经营户"]), "month": row["月份"], "rate_choice": row["汇率选择"]}


def refuse_early_return(story: Story) -> None:
    """A return for May's exports is refused in May (R-TAX-2)."""
    holders = _departed_holders(story)
    row = next(each for each in story.rows("returns", "免税申报") if story.subject(each["经营户"]) in holders)
    story.callers.refuse(
        "R-TAX-2",
        "outside_filing_window",
        "POST",
        "tax-exemption",
        "/v1/returns",
        _return(row, story),
        key="return:early",
        **story.as_party(row["申报人"]),
    )


def exempt_everything(story: Story) -> None:
    """Every stall holder with departed goods is in an accepted return; operators get certificates."""
    holders = _departed_holders(story)
    for row in story.rows("returns", "免税申报"):
        if story.subject(row["经营户"]) not in holders:
            continue
        how: dict[str, Any] = {"key": f"return:{row['经营户']}", **story.as_party(row["申报人"])}
        filed = story.callers.done("POST", "tax-exemption", "/v1/returns", _return(row, story), **how)
        path = f"/v1/returns/{filed['id']}/acceptances"
        story.callers.done("POST", "tax-exemption", path, version=filed["version"], **_OFFICER)
    _certificates(story)


def _certificates(story: Story) -> None:
    number = 0
    for ref, declaration in story.declarations.items():
        portions = declaration["declaration"]["portions"]
        agency = [each for each in portions if each["export_mode"] == "agency"]
        for principal in sorted({each["owner_id"] for each in agency})[:2]:
            number += 1
            operator = next(r for r, s in story.subjects.items() if s["id"] == agency[0]["consignor_id"])
            body = {"declaration_id": declaration["id"], "principal_id": principal}
            applied = story.callers.done(
                "POST", "tax-exemption", "/v1/certificates", body, key=f"certificate:{ref}:{principal}",
                **story.as_party(operator),
            )  # fmt: skip
            path = f"/v1/certificates/{applied['id']}/issues"
            issued = {"issued_number": f"DL5001{number:014}"}
            story.callers.done("POST", "tax-exemption", path, issued, version=applied["version"], **_OFFICER)
