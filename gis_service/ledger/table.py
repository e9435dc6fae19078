"""A sheet and its header go in, the rows of the table come out: merged cells filled, 同上 replaced, notes left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from gis_service.issues import Severity, Where
from gis_service.ledger.cells import CellValue, Understood, formula_error, is_blank, long_text, plain, short_text
from gis_service.ledger.columns import NAMING, title_of
from gis_service.ledger.findings import Findings
from gis_service.ledger.header import Header, key_of
from gis_service.ledger.sheet_xml import column_letters
from gis_service.ledger.workbook import Merge, Sheet

Value = TypeVar("Value")

_DITTO = re.compile(r"同上(?:行|一行|格)?|同前|上同|〃|″|\"|''|”|“”|\"\"")
_NOTE = re.compile(
    r"(?:填?表?说明|注|备注|填报?说明|填表要求)[:：\d一1①]|(?:填表|填报|制表|审核|报送|联系|经办|负责)人?(?:单位|日期|时间|电话)?"
    r"(?:[（(][^）)]*[）)])?[:：]|单位(?:负责人|[（(]盖章[）)])|(?:物业服务形态|业主委员会组建情况|党的工作覆盖情况|问题类别)[:：]|^(?:说明|注|备注)$"
)
_TOTAL = re.compile(r"^(?:合计|总计|小计|共计)[:：]?$")
_NOTE_CELLS = 3
_SHOWN = 20


@dataclass
class Row:
    """One row of the table: effective values by key, and where each stands."""

    number: int
    header: Header
    findings: Findings
    values: dict[str, CellValue]
    raw: dict[str, str] = field(default_factory=dict)

    @property
    def written(self) -> dict[str, CellValue]:
        """The cells that hold something, as they stand there."""
        return {key: value for key, value in self.values.items() if value != ""}

    def where(self, key: str) -> Where:
        """The place of a column of this row."""
        title = title_of(self.header.annex, key)
        return self.findings.place(self.number, title, self.header.cell(title, self.number))

    def long(self, key: str) -> str:
        """The text of the cell with its line breaks; empty when blank."""
        return long_text(self.values.get(key, ""))

    def short(self, key: str) -> str:
        """The text of the cell as one line; empty when blank or a dash."""
        value = self.values.get(key, "")
        return "" if is_blank(value) else short_text(value)

    def understood(self, key: str, parse: Callable[[CellValue], Understood[Value]]) -> Value | None:
        """What the cell means by `parse`, with its complaint among the findings; None for a blank cell."""
        value = self.values.get(key, "")
        if is_blank(value):
            return None
        meaning = parse(value)
        if meaning.complaint:
            add = self.findings.note if meaning.severity is Severity.NOTE else self.findings.warning
            add(meaning.code, meaning.complaint, self.where(key))
        return meaning.value

    def warn(self, key: str, code: str, message: str) -> None:
        """Add a warning about a column of this row."""
        self.findings.warning(code, message, self.where(key))

    def note(self, key: str, code: str, message: str) -> None:
        """Add a note about a column of this row."""
        self.findings.note(code, message, self.where(key))


def table_rows(sheet: Sheet, header: Header, findings: Findings, notes: list[list[CellValue]]) -> Iterator[Row]:
    """The rows below the header that say something, in order; notes are gathered, the rest that is left out told."""
    fill, titles = _MergeFill(sheet.merges, header, findings), _titles(header)
    above: Row | None = None
    noted = False
    for number, cells in sheet.rows():
        if number <= header.last_row:
            continue
        own = [cell for cell in cells if not (isinstance(cell, str) and not long_text(cell))]
        effective = fill.filled(number, cells, bool(own))
        if not own or _is_numbering(own):
            continue
        if _is_note(own) or (noted and len(own) == 1 and not _names_something(cells, header)):
            noted = True
            notes.append(cells)
            continue
        if _left_out(number, cells, own, header, findings):
            continue
        row = Row(number, header, findings, {key: effective.get(at, "") for key, at in header.columns.items()})
        row.raw.update({title: text for at, title in titles if at <= len(cells) and (text := long_text(cells[at - 1]))})
        _clear_errors(row)
        _replace_ditto(row, above)
        above = row
        yield row


def _is_numbering(own: list[CellValue]) -> bool:
    """True for the row (1) (2) (3) … that some forms print under the titles."""
    if len(own) < _NOTE_CELLS or "1" not in plain(own[0]):
        return False
    numbers = [re.sub(r"[()]", "", plain(cell)) for cell in own]
    return numbers == [str(number) for number in range(1, len(own) + 1)]


def _is_note(own: list[CellValue]) -> bool:
    return len(own) <= _NOTE_CELLS + 1 and bool(_NOTE.match(short_text(own[0]).lstrip("*※ 0123456789.、()（）")))


def _names_something(cells: list[CellValue], header: Header) -> bool:
    naming = [at for key, at in header.columns.items() if key in NAMING[header.annex] and at <= len(cells)]
    return any(long_text(cells[at - 1]) for at in naming)


def _left_out(number: int, cells: list[CellValue], own: list[CellValue], header: Header, findings: Findings) -> bool:
    place = findings.place(number)
    titles = {key: cells[at - 1] for key, at in header.columns.items() if at <= len(cells)}
    if _repeats_titles(titles, header, len(own)):
        findings.note("row_header_again", "重复的表头，未作为数据读入", place)
        return True
    if any(_TOTAL.match(short_text(cell)) for cell in own[:2]):
        findings.note("row_total", f"“{short_text(own[0])}”行，未作为数据读入", place)
        return True
    return False


def _repeats_titles(titles: dict[str, CellValue], header: Header, held: int) -> bool:
    def repeated(key: str) -> bool:
        value = titles.get(key)
        return isinstance(value, str) and key_of(value, header.annex) == key

    if sum(isinstance(value, str) and value != "" for value in titles.values()) <= held // 2:
        return False
    if not any(repeated(key) for key in NAMING[header.annex] & titles.keys()):
        return False
    count = sum(repeated(key) for key in titles)
    return count > held // 2 and count > 1


def _titles(header: Header) -> list[tuple[int, str]]:
    """Every column that has a title, from the left, under the official title where it is known; none twice."""
    titles = {at: title_of(header.annex, key) for key, at in header.columns.items()}
    taken = set(titles.values())
    for at, title in header.extras.items():
        titles[at] = title if title not in taken else f"{title}（{column_letters(at)}列）"
        taken.add(titles[at])
    return sorted(titles.items())


def _clear_errors(row: Row) -> None:
    for key, value in row.values.items():
        error = formula_error(value)
        if error:
            words = "公式没有计算结果" if error.startswith("#未") else f"公式出错（{error}）"
            row.warn(key, "formula_error", f"{words}，请改为实际内容")
            row.values[key] = ""


def _replace_ditto(row: Row, above: Row | None) -> None:
    for key, value in row.values.items():
        if key == "seq" or not isinstance(value, str) or not _DITTO.fullmatch(short_text(value).strip("（）()。. ")):
            continue
        taken = above.values.get(key, "") if above else ""
        if above is None or not long_text(taken):
            row.warn(key, "ditto_without_row", f"填写了“{long_text(value)}”，但上一行没有内容，请填写完整")
            row.values[key] = ""
            continue
        row.note(key, "ditto", f"填写了“{long_text(value)}”，已取第 {above.number} 行的“{_shown(taken)}”")
        row.values[key] = taken


def _shown(value: CellValue) -> str:
    text = short_text(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class _MergeFill:
    """Fills the lower cells of vertical merges, row after row, with the value of the first."""

    def __init__(self, merges: tuple[Merge, ...], header: Header, findings: Findings) -> None:
        self._header, self._findings = header, findings
        self._keys = {at: key for key, at in header.columns.items()}
        tall = [merge for merge in merges if merge.bottom > merge.top > header.last_row and merge.left in self._keys]
        self._starting: dict[int, list[Merge]] = {}
        for merge in tall:
            self._starting.setdefault(merge.top, []).append(merge)
        self._open: dict[int, tuple[Merge, CellValue]] = {}
        self._told: set[Merge] = set()

    def filled(self, number: int, cells: list[CellValue], told: bool) -> dict[int, CellValue]:
        """The cells of the row by column, lower cells of a merge filled; the first fill of a merge is noted."""
        for merge in self._starting.get(number, ()):
            if long_text(cells[merge.left - 1] if merge.left <= len(cells) else ""):
                self._open[merge.left] = (merge, cells[merge.left - 1])
        effective = dict(enumerate(cells, 1))
        for column, (merge, value) in tuple(self._open.items()):
            if number > merge.bottom:
                del self._open[column]
            elif number > merge.top and not long_text(effective.get(column, "")):
                effective[column] = value
                if told:
                    self._tell(merge, value)
        return effective

    def _tell(self, merge: Merge, value: CellValue) -> None:
        if merge in self._told:
            return
        self._told.add(merge)
        letters = column_letters(merge.left)
        where = self._findings.place(
            merge.top,
            title_of(self._header.annex, self._keys[merge.left]),
            f"{letters}{merge.top}:{letters}{merge.bottom}",
        )
        message = f"合并单元格，“{_shown(value)}”已填入第 {merge.top}–{merge.bottom} 行"
        self._findings.note("merged_filled", message, where)
