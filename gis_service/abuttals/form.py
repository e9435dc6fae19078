"""Abuttals in, the fixed JSON form out that `gis-service parse` prints and other tools read."""

from __future__ import annotations

from gis_service.abuttals.model import Abuttal, Abuttals, AbuttalsPart


def as_json(abuttals: Abuttals) -> dict[str, object]:
    """The sentence as plain dicts, lists, strings and numbers; a side that is not named is absent."""
    return {
        "text": abuttals.text,
        "parts": [_part(part) for part in abuttals.parts],
        "exclude": list(abuttals.exclude),
        "include": list(abuttals.include),
        "issues": [
            {"code": found.code, "side": side.value if side else None, "message": found.message}
            for side, found in abuttals.issues
        ],
        "usable": abuttals.usable,
    }


def _part(part: AbuttalsPart) -> dict[str, object]:
    sides = {side.value: [_abuttal(one) for one in anchors] for side, anchors in part.sides.items()}
    return {"label": part.label, "sides": sides}


def _abuttal(one: Abuttal) -> dict[str, object]:
    return {
        "anchor": one.anchor,
        "alias": one.alias,
        "basis": one.basis.value,
        "offset_m": one.offset_m,
        "offset_dir": one.offset_dir.value if one.offset_dir else None,
        "span": list(one.span),
    }
