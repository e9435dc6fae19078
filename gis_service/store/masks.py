"""Personal data hidden inside the query, so that it never leaves the database: 张*, 138****0000."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, case, func

Text = ColumnElement[str]
_APART = r"\s、，,;；/（）()"  # what stands between several names in one cell
_MOBILE_DIGITS = 11


def _name(value: Text) -> Text:
    return func.regexp_replace(value, f"([^{_APART}])[^{_APART}]*", r"\1*", "g")


def _phone(value: Text) -> Text:
    # by digits, not by pattern: 138-0000 1111 must not slip through
    digits = func.regexp_replace(value, "[^0-9]", "", "g")
    tail = case((func.length(digits) >= _MOBILE_DIGITS, func.right(digits, 4)), else_="")
    return case((digits == "", ""), else_=func.left(digits, 3).concat("****").concat(tail))


MASKS: Mapping[str, Callable[[Text], Text]] = {"name": _name, "phone": _phone}
