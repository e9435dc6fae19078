"""Changes as rows in; entries as other systems read them out: what, which, how, when, and where to read it anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import Row

_COLLECTIONS = {"area": "management_areas", "community": "communities", "problem": "problems"}


@dataclass(frozen=True)
class Following:
    """What somebody may follow: kinds of things, and of indicators those they may see."""

    kinds: frozenset[str]
    indicators: frozenset[str]


def entries(rows: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    """The changes in order; they hold no content, so nothing of a person: `href` gives what its reader may see."""
    return [_entry(row) for row in rows]


def _entry(row: Row[Any]) -> dict[str, Any]:
    told = {"seq": row.seq, "kind": row.kind, "id": row.subject, "change": row.change, "at": row.at.isoformat()}
    if row.kind == "indicator":
        key = quote(row.subject, safe="")
        about = {"indicator": row.part, "period": row.period}
        return {**told, **about, "href": f"/collections/indicator_{row.part}/items/{key}"}
    if row.part:
        told["part"] = row.part
    return {**told, "href": f"/collections/{_COLLECTIONS[row.kind]}/items/{row.row_id}"}
