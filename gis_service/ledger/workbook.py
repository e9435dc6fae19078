"""A workbook or CSV goes in, its sheets come out one by one with bounded memory; a file that is wrong is a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from gis_service.ledger import limits
from gis_service.ledger.cells import CellValue
from gis_service.ledger.container import Container, recognise
from gis_service.ledger.damaged import PackageError
from gis_service.ledger.delimited import text_table
from gis_service.ledger.findings import Findings
from gis_service.ledger.lean import Watch, lean_copy, unwatched

_DAMAGED = "文件不完整或已损坏，请用 Excel 或 WPS 打开后另存一份再导入"


@dataclass(frozen=True)
class Merge:
    """A merged range, rows and columns from 1, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """A loaded sheet; rows are numbered as Excel does, columns from 1."""

    name: str
    hidden: bool
    merges: tuple[Merge, ...]
    height: int
    _cells: Callable[[], Iterator[list[CellValue]]]

    def rows(self) -> Iterator[tuple[int, list[CellValue]]]:
        """Every row down to the last that holds something, with its number."""
        return enumerate(self._cells(), 1)


def sheets(path: Path, findings: Findings, opening: Watch = unwatched) -> Iterator[Sheet]:
    """The sheets of the file in workbook order; an unreadable file or sheet is a finding, never an exception.

    `opening` is told how many bytes of an .xlsx, unpacked, were gone through, out of how many.
    """
    try:
        container = recognise(path)
        if container is Container.CSV:
            yield _text_sheet(path, findings)
            return
        workbook = _opened(path, container, findings, opening)
    except PackageError as error:
        findings.error(error.code, error.message)
        return
    with workbook:
        for metadata in workbook.sheets_metadata:
            if metadata.typ is not SheetTypeEnum.WorkSheet:
                continue
            hidden = metadata.visible is not SheetVisibleEnum.Visible
            try:
                with _PanicsAsDamage():
                    loaded = workbook.get_sheet_by_name(metadata.name)
            except (CalamineError, PackageError):
                findings.of_sheet(metadata.name).error("sheet_unreadable", "工作表已损坏，无法读取，请另存后再导入")
                continue
            yield Sheet(metadata.name, hidden, _merges(loaded), loaded.total_height, partial(_cells, loaded))


def _cells(loaded: CalamineSheet) -> Iterator[list[CellValue]]:
    start = loaded.start
    if start is None:
        return
    pad: list[CellValue] = [""] * start[1]
    width = limits.MAX_COLUMNS - len(pad)
    for row in islice(loaded.iter_rows(), limits.MAX_ROWS):
        yield pad + row[:width]


def _text_sheet(path: Path, findings: Findings) -> Sheet:
    table = text_table(path)
    if table.cut:
        findings.warning("sheet_cut", table.cut)
    return Sheet("", False, (), table.height, table.rows)


def _opened(path: Path, container: Container, findings: Findings, opening: Watch) -> CalamineWorkbook:
    try:
        if container is Container.XLS:
            with _PanicsAsDamage():
                return CalamineWorkbook.from_path(path)
        copy = lean_copy(path, opening)
        for sheet, cut in copy.cuts:
            findings.of_sheet(sheet).warning("sheet_cut", cut)
        return CalamineWorkbook.from_filelike(copy.data)
    except PasswordError as error:
        raise PackageError("file_encrypted", "文件设有打开密码，请在 Excel 中取消密码后另存再导入") from error
    except (CalamineError, OSError) as error:
        raise PackageError("file_damaged", _DAMAGED) from error


class _PanicsAsDamage:
    """Turns a panic of calamine (some truncated .xls streams) into PackageError; its class cannot be imported."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if kind is not None and kind.__name__ == "PanicException":
            raise PackageError("file_damaged", _DAMAGED) from error


def _merges(loaded: CalamineSheet) -> tuple[Merge, ...]:
    ranges = loaded.merged_cell_ranges or ()
    return tuple(Merge(top + 1, left + 1, bottom + 1, right + 1) for (top, left), (bottom, right) in ranges)
