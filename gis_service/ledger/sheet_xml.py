"""The XML of one sheet goes in by chunks, the cells within limits come out as lean XML that calamine loads safely."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import IO
from xml.parsers import expat
from xml.sax.saxutils import escape

from gis_service.ledger import limits
from gis_service.ledger.cells import NOT_CALCULATED
from gis_service.ledger.damaged import PackageError

_HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_CELL = re.compile(r"([A-Z]+)(\d+)")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]+\d+:[A-Z]+\d+)\"")
_HOLDS = re.compile(rb"<(?:\w+:)?(?:v|t)[ >]")
_OVERLAP = 256


class SheetCopy:
    """One pass over a sheet: `run` writes the lean sheet, then `cuts` tells what was left out, in Chinese."""

    def __init__(self, string_lengths: list[int]) -> None:
        self._lengths = string_lengths
        self._out: list[str] = []
        self._merges: list[str] = []
        self._row = self._column = self._widest = 0
        self._row_open = False
        self._cells = self._characters = self._bytes = 0
        self._cell: dict[str, str] = {}
        self._text: list[str] = []
        self._capture = self._formula = False
        self._phonetic = 0
        self._stop = ""
        self._lost_below = False

    def run(self, chunks: Iterator[bytes], target: IO[bytes]) -> None:
        """Write the lean sheet; a sheet whose XML breaks off keeps the rows before the break."""
        target.write(_HEAD)
        parser = self._parser()
        for chunk in chunks:
            self._feed(parser, chunk)
            target.write("".join(self._out).encode())
            self._out.clear()
            if self._stop:
                self._scan_rest(chunk, chunks)
                break
        else:
            self._feed(parser, b"")
        target.write(self._tail())

    def cuts(self) -> Iterator[str]:
        """What was left unread, one Chinese sentence each."""
        reasons = {
            "rows": f"超过 {limits.MAX_ROWS} 行，其后的内容未读入",
            "cells": f"有内容的单元格超过 {limits.MAX_CELLS} 个，从第 {self._row} 行起未读全",
            "characters": f"文字超过 {limits.MAX_CHARACTERS} 个字符，从第 {self._row} 行起未读全",
            "bytes": f"解开后超过 {limits.MAX_SHEET_BYTES // 1024**2} MB，从第 {self._row} 行起未读全",
            "broken": f"内容从第 {self._row} 行起损坏，其后的内容未读入，请用 Excel 或 WPS 打开核对后另存",
        }
        if self._stop and (self._lost_below or self._stop != "rows"):
            yield reasons[self._stop]
        if self._widest > limits.MAX_COLUMNS:
            yield f"共有 {self._widest} 列，只读前 {limits.MAX_COLUMNS} 列，请删去右侧多余的列"

    def _feed(self, parser: expat.XMLParserType, chunk: bytes) -> None:
        self._bytes += len(chunk)
        try:
            parser.Parse(chunk, not chunk)
        except expat.ExpatError:
            self._stop = self._stop or ("bytes" if self._bytes >= limits.MAX_SHEET_BYTES else "broken")

    def _parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = _refuse_doctype
        return parser

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._stop:
            return
        local = name.rpartition(":")[2]
        if local == "c":
            self._start_cell(attributes)
        elif local == "row":
            self._start_row(attributes)
        elif local in ("v", "t"):
            self._capture = not self._phonetic
        elif local == "f":
            self._formula = True
        elif local == "rPh":
            self._phonetic += 1
        elif local == "mergeCell" and len(self._merges) < limits.MAX_MERGES:
            self._merges.append(attributes.get("ref", ""))

    def _end(self, name: str) -> None:
        if self._stop:
            return
        local = name.rpartition(":")[2]
        if local == "c":
            self._end_cell()
        elif local in ("v", "t"):
            self._capture = False
        elif local == "rPh":
            self._phonetic -= 1
        elif local == "row" and self._row_open:
            self._out.append("</row>")
            self._row_open = False

    def _data(self, text: str) -> None:
        if self._capture and not self._stop:
            self._text.append(text)

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        self._row = int(number) if number.isdecimal() else self._row + 1
        self._column = 0
        if self._row > limits.MAX_ROWS:
            self._stop = "rows"

    def _start_cell(self, attributes: dict[str, str]) -> None:
        match = _CELL.fullmatch(attributes.get("r", ""))
        self._column = column_number(match[1]) if match else self._column + 1
        self._cell = attributes
        self._text.clear()
        self._formula = False

    def _end_cell(self) -> None:
        text, kind = "".join(self._text), self._cell.get("t", "n")
        if not text.strip():
            if not self._formula or kind == "str":
                return
            text, kind = NOT_CALCULATED, "str"
        self._widest = max(self._widest, self._column)
        if self._column > limits.MAX_COLUMNS or not self._counts(text, kind):
            return
        if not self._row_open:
            self._out.append(f'<row r="{self._row}">')
            self._row_open = True
        kind = "str" if kind in ("e", "inlineStr") else kind
        style = self._cell.get("s", "")
        style = f' s="{style}"' if style.isdecimal() else ""
        self._out.append(
            f'<c r="{column_letters(self._column)}{self._row}"{style} t="{escape(kind)}"><v>{escape(text)}</v></c>'
        )

    def _counts(self, text: str, kind: str) -> bool:
        """Count the cell; false for a reference to a shared string that does not exist."""
        length = len(text)
        if kind == "s":
            if not text.strip().isdecimal() or int(text) >= len(self._lengths):
                return False
            length = self._lengths[int(text)]
        self._cells += 1
        self._characters += length
        if self._cells >= limits.MAX_CELLS:
            self._stop = "cells"
        elif self._characters >= limits.MAX_CHARACTERS:
            self._stop = "characters"
        return not self._stop

    def _scan_rest(self, chunk: bytes, chunks: Iterator[bytes]) -> None:
        """Below the last row that is kept only two things matter: whether cells hold something, and merged ranges."""
        before = b""
        while chunk:
            window = before + chunk
            self._lost_below = self._lost_below or bool(_HOLDS.search(chunk))
            if len(self._merges) < limits.MAX_MERGES:
                self._merges.extend(match[1].decode() for match in _MERGE.finditer(window))
            before, chunk = chunk[-_OVERLAP:], next(chunks, b"")

    def _tail(self) -> bytes:
        row = "</row>" if self._row_open else ""
        kept = [merge for text in dict.fromkeys(self._merges) if (merge := _clipped(text))]
        merges = "".join(f'<mergeCell ref="{merge}"/>' for merge in kept)
        return f"{row}</sheetData>{f'<mergeCells>{merges}</mergeCells>' if merges else ''}</worksheet>".encode()


def string_lengths(chunks: Iterator[bytes]) -> list[int]:
    """The length of every shared string, in order."""
    lengths: list[int] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "si":
            lengths.append(0)

    def data(text: str) -> None:
        if lengths:
            lengths[-1] += len(text)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.CharacterDataHandler = start, data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    for chunk in chunks:
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
    return lengths


def attributes_of(chunks: Iterator[bytes], tag: str) -> list[dict[str, str]]:
    """The attributes of every element of that name, in order."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == tag:
            found.append(attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse_doctype
    for chunk in chunks:
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
    return found


@lru_cache(maxsize=1024)
def column_number(letters: str) -> int:
    """The number of a column from 1.

    >>> column_number("A"), column_number("AA")
    (1, 27)
    """
    number = 0
    for letter in letters[:7]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


@lru_cache(maxsize=1024)
def column_letters(number: int) -> str:
    """The letters of a column numbered from 1.

    >>> column_letters(1), column_letters(27)
    ('A', 'AA')
    """
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _clipped(reference: str) -> str:
    corners = [_CELL.fullmatch(corner) for corner in reference.upper().split(":")]
    if len(corners) != 2 or None in corners:
        return ""
    (left, top), (right, bottom) = ((column_number(c[1]), int(c[2])) for c in corners if c)
    if left > limits.MAX_COLUMNS or top > limits.MAX_ROWS:
        return ""
    right, bottom = min(right, limits.MAX_COLUMNS), min(bottom, limits.MAX_ROWS)
    return f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"


def _refuse_doctype(*_declaration: object) -> None:
    raise PackageError("file_damaged", "文件内部带有不应有的声明（DOCTYPE），未读入，请用 Excel 或 WPS 打开后另存一份")
