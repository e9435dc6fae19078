"""A filter as its reader wrote it, text or JSON, in; a condition on the columns that may be asked for out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cql2
from sqlalchemy import ColumnElement

from gis_service.crs import CRS84, REFERENCES, Reference
from gis_service.filtering.limits import check_json, check_text, check_tree
from gis_service.filtering.model import FilterError, Queryable, Scope
from gis_service.filtering.predicates import predicate

_LANGUAGES: Mapping[str, tuple[Callable[[str], None], Callable[[str], cql2.Expr]]] = {
    "cql2-text": (check_text, cql2.parse_text),
    "cql2-json": (check_json, cql2.parse_json),
}
LANGUAGES = tuple(_LANGUAGES)
_LINE_AND_COLUMN = re.compile(r"(?:-->|at line) (\d+)(?::| column )(\d+)")


@dataclass(frozen=True)
class Filter:
    """A filter that can be read: its CQL2-JSON tree, and the reference system that its coordinates are written in."""

    tree: object
    reference: Reference


def parse_filter(text: str, language: str = "cql2-text", crs: str = CRS84) -> Filter:
    """The filter that the text says (OGC 19-079r2 filter, filter-lang, filter-crs); FilterError where it says none."""
    if language not in _LANGUAGES:
        raise FilterError(f"filter-lang 应为 {' 或 '.join(LANGUAGES)}")
    if crs not in REFERENCES:
        raise FilterError(f"filter-crs 不认识这个坐标系，可用：{'、'.join(REFERENCES)}")
    check, parse = _LANGUAGES[language]
    check(text)
    try:
        tree = parse(text).to_json()
    except cql2.ParseError as error:
        raise FilterError(f"filter 写法有误：{_place(text, str(error))}无法理解") from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise FilterError("filter 中有空的几何，例如 POINT EMPTY") from error  # the only one without a class of its own
    check_tree(tree)
    return Filter(tree, REFERENCES[crs])


def condition(found: Filter, queryables: Mapping[str, Queryable]) -> ColumnElement[bool]:
    """True of the rows that the filter means; FilterError for what it may not ask or cannot compare."""
    return predicate(found.tree, Scope(queryables, found.reference))


def _place(text: str, complaint: str) -> str:
    known = _LINE_AND_COLUMN.search(complaint)
    if known is None:
        return "有一处"
    line, column = int(known[1]), int(known[2])
    before = sum(len(one) for one in text.splitlines(keepends=True)[: line - 1])
    position = before + column
    rest = text[position - 1 : position + 11]
    return f"第 {position} 个字“{rest}”起" if rest else "结尾处"
