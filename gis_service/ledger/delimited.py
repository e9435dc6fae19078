"""A text table (CSV) goes in, its rows come out as cells; UTF-8 and GB18030, comma, tab or semicolon."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from gis_service.ledger import limits
from gis_service.ledger.cells import CellValue
from gis_service.ledger.damaged import PackageError

_CHUNK = 1 << 16
_ENCODINGS = ("utf-8-sig", "gb18030")
_DELIMITERS = ",\t;"
_LOOKED_AT = 20
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{0,11}[1-9])?")
_GUARDED = re.compile(r"'+[=+\-@\t]")


@dataclass(frozen=True)
class TextTable:
    """A text table within `limits`: how many rows, and what was left unread in a Chinese sentence."""

    path: Path
    encoding: str
    delimiter: str
    height: int
    cut: str = ""

    def rows(self) -> Iterator[list[CellValue]]:
        """Every row; a cell that is a number as programs write them is a number."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            for row in islice(csv.reader(file, delimiter=self.delimiter), self.height):
                yield [_cell(text) for text in row[: limits.MAX_COLUMNS]]


def text_table(path: Path) -> TextTable:
    """The table in the file; PackageError where it is no text, or breaks off within quotes."""
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        first = list(islice(file, _LOOKED_AT))
    delimiter = max(_DELIMITERS, key=lambda mark: sum(line.count(mark) for line in first))
    try:
        height, cut = _measure(path, encoding, delimiter)
    except csv.Error as error:
        raise PackageError("file_damaged", "文本表格（CSV）的引号不成对，请用 Excel 或 WPS 打开后另存再导入") from error
    return TextTable(path, encoding, delimiter, height, cut)


def guarded(text: str) -> str:
    """The text as it stands in a CSV file: one that a spreadsheet would take for a formula has an apostrophe before it.

    >>> guarded("=1+1"), guarded("阳光花园")
    ("'=1+1", '阳光花园')
    """
    return f"'{text}" if _GUARDED.match(f"'{text}") else text


def _cell(text: str) -> CellValue:
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text[1:] if _GUARDED.match(text) else text


def _encoding(path: Path) -> str:
    for encoding in _ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise PackageError("file_not_workbook", "这个文本文件的编码既不是 UTF-8 也不是 GB18030，请另存为 .xlsx 再导入")


def _measure(path: Path, encoding: str, delimiter: str) -> tuple[int, str]:
    height = cells = characters = 0
    with path.open(encoding=encoding, newline="") as file:
        for row in csv.reader(file, delimiter=delimiter, strict=True):
            height += 1
            cells += sum(map(bool, row))
            characters += sum(map(len, row))
            if height > limits.MAX_ROWS:
                return limits.MAX_ROWS, f"超过 {limits.MAX_ROWS} 行，其后的内容未读入"
            if cells >= limits.MAX_CELLS or characters >= limits.MAX_CHARACTERS:
                return height, f"内容过多，从第 {height} 行起未读全"
    return height, ""
