"""The first rows of a sheet go in, the header comes out: which column holds what, and where the titles stand."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from gis_service.ledger.cells import CellValue, long_text, short_text
from gis_service.ledger.columns import FORMS, NAMING, PARTS, Annex, Column, title_of
from gis_service.ledger.sheet_xml import column_letters

SEARCHED_ROWS = 20
LEAST_COLUMNS = 4
_CLOSE = 0.7

Rows = Sequence[tuple[int, Sequence[CellValue]]]


@dataclass(frozen=True)
class Header:
    """Where the titles stand (rows and columns from 1): key → column; extra columns by title; doubled titles."""

    annex: Annex
    first_row: int
    last_row: int
    columns: dict[str, int]
    extras: dict[int, str]
    doubled: dict[int, str]

    @property
    def score(self) -> int:
        """How many columns of the form are there."""
        return len(self.columns)

    @property
    def fits(self) -> bool:
        """True when enough columns are there to read rows, one of them naming what the row is about."""
        return self.score >= LEAST_COLUMNS and not NAMING[self.annex].isdisjoint(self.columns)

    def cell(self, title: str, row: int) -> str:
        """The cell of a row under an official title, such as `B12`; empty where the sheet has no such column."""
        at = next((at for key, at in self.columns.items() if title_of(self.annex, key) == title), 0)
        return f"{column_letters(at)}{row}" if at else ""

    def missing(self) -> tuple[Column, ...]:
        """The official columns that neither stand there nor are split into parts."""
        held = set(self.columns)
        return tuple(column for column in FORMS[self.annex] if not held & {column.key, *column.parts})

    def like(self, column: Column) -> str:
        """An extra title that may be a slip for the missing column, or an empty text."""
        titles = {_squeezed(title): title for title in self.extras.values()}
        close = difflib.get_close_matches(_squeezed(column.title), titles, n=1, cutoff=_CLOSE)
        return titles[close[0]] if close else ""


def find_header(rows: Rows, annex: Annex) -> Header | None:
    """The header that holds most columns of the annex among the first 20 rows, or None where no title stands."""
    rows = [(number, row) for number, row in rows if number <= SEARCHED_ROWS]
    found: list[Header] = []
    for index, (number, row) in enumerate(rows):
        titles = _titles(row)
        known = any(key_of(title, annex) for title in titles.values())
        if known and index + 1 < len(rows) and _goes_on(rows[index + 1][1], annex):
            below = _titles(rows[index + 1][1])
            found.append(_header(annex, number, rows[index + 1][0], _stacked(titles, below, annex)))
        found.append(_header(annex, number, number, titles))
    best = max(found, key=lambda header: header.score, default=None)
    return best if best and best.score else None


@lru_cache(maxsize=4096)
def key_of(title: str, annex: Annex) -> str:
    """The key of the column that bears this title, or an empty text.

    >>> key_of("所在市县（区）、\\n街道、社区", 1), key_of("物业服务形态（填 1-6）", 1), key_of("联系人", 1)
    ('division', 'service_form', '')
    """
    known = _known(annex)
    unnumbered = re.sub(r"^[\s\d.、()（）]+", "", title)
    for form in (title, _without_brackets(title), unnumbered):
        key = known.get(_squeezed(form))
        if key:
            return key
    instructed = re.split(r"[\n:：\d①-⑳]", unnumbered, maxsplit=1)[0]
    key = known.get(_squeezed(instructed), "")
    return key if any(column.key == key for column in FORMS[annex]) else ""


@cache
def _known(annex: Annex) -> dict[str, str]:
    known: dict[str, str] = {}
    for column in (*FORMS[annex], *PARTS[annex]):
        for title in (column.title, *column.synonyms):
            known.setdefault(_squeezed(title), column.key)
    return known


@cache
def _official(annex: Annex) -> dict[str, str]:
    return {_squeezed(column.title): column.key for column in FORMS[annex]}


def _squeezed(title: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", title)).lower()


def _without_brackets(title: str) -> str:
    return re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", unicodedata.normalize("NFKC", title))


def _titles(row: Sequence[CellValue]) -> dict[int, str]:
    return {
        column: text for column, value in enumerate(row, 1) if isinstance(value, str) and (text := long_text(value))
    }


def _goes_on(row: Sequence[CellValue], annex: Annex) -> bool:
    """True for a second row of titles: several known ones, which are most of the row, and no numbers."""
    titles = _titles(row).values()
    known = [title for title in titles if _squeezed(title) in _known(annex)]
    numbers = any(not isinstance(value, str) for value in row)
    return not numbers and len(known) > 1 and 2 * len(known) > len(titles)


def _stacked(upper: dict[int, str], lower: dict[int, str], annex: Annex) -> dict[int, str]:
    """One title a column from two rows: the lower one where it is known, else the upper."""
    columns = sorted({*upper, *lower})
    return {
        column: lower[column]
        if column in lower and key_of(lower[column], annex)
        else upper.get(column) or lower[column]
        for column in columns
    }


def _header(annex: Annex, first_row: int, last_row: int, titles: dict[int, str]) -> Header:
    columns: dict[str, int] = {}
    doubled: dict[int, str] = {}
    official = _official(annex)
    ordered = sorted(titles, key=lambda column: (_squeezed(titles[column]) not in official, column))
    claimed: set[int] = set()
    for column in ordered:
        key = key_of(titles[column], annex)
        if key and key not in columns:
            columns[key] = column
            claimed.add(column)
        elif key and _squeezed(titles[column]) == _squeezed(titles[columns[key]]):
            doubled[column] = short_text(titles[column])
    extras = {column: short_text(title) for column, title in titles.items() if column not in claimed}
    return Header(annex, first_row, last_row, columns, extras, doubled)
