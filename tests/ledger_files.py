"""Workbooks for the tests of the ledger: good ones in the official form, and the means to damage them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from gis_service.issues import Issue
from gis_service.ledger import ANNEX1_COLUMNS, ANNEX1_TITLE, ANNEX2_COLUMNS, ANNEX2_TITLE

Damage = Callable[[Worksheet], object]

ANNEX1_ROWS: tuple[tuple[object, ...], ...] = tuple(
    (
        number,
        f"{name}物业管理区域",
        name,
        "迎江区、人民路街道、炮营山社区",
        f"东至{name}东路，南至{name}南路，西至{name}西路，北至{name}北路",
        1,
        1,
        3,
        f"{name}物业服务有限公司 张三 13805560000",
        0.85,
    )
    for number, name in enumerate(("阳光花园", "绿地新城", "滨江苑"), 1)
)
ANNEX2_ROWS: tuple[tuple[object, ...], ...] = tuple(
    (
        number,
        name,
        "迎江区",
        f"{name}物业服务有限公司",
        11,
        f"{name}消防车道被占",
        "已约谈",
        "人民路街道 李四",
        "2023年8月15日",
        "否",
        "",
    )
    for number, name in enumerate(("阳光花园", "绿地新城", "滨江苑"), 1)
)
NAMES = ("阳光花园", "绿地新城", "滨江苑")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def issue_of(issues: tuple[Issue, ...], code: str) -> Issue:
    """The first issue of that code; all of them are shown when there is none."""
    found = [issue for issue in issues if issue.code == code]
    assert found, [str(issue) for issue in issues]
    return found[0]


def official(annex: int, *damages: Damage) -> openpyxl.Workbook:
    """A workbook in the official form (title in row 1, header in row 2, data in rows 3 to 5), then damaged."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    fill(sheet, annex)
    for damage in damages:
        damage(sheet)
    return workbook


def fill(sheet: Worksheet, annex: int) -> None:
    title, columns, rows = (
        (ANNEX1_TITLE, ANNEX1_COLUMNS, ANNEX1_ROWS) if annex == 1 else (ANNEX2_TITLE, ANNEX2_COLUMNS, ANNEX2_ROWS)
    )
    sheet.title = f"附件{annex}"
    sheet.append([title])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(columns))
    sheet.append(list(columns))
    for row in rows:
        sheet.append(list(row))


def put(cell: str, value: object) -> Damage:
    """A damage: another value in one cell."""

    def damage(sheet: Worksheet) -> None:
        sheet[cell] = value  # type: ignore[assignment]

    return damage


def formula_error(cell: str, error: str) -> Damage:
    """A damage: a formula error in one cell."""

    def damage(sheet: Worksheet) -> None:
        sheet[cell] = error
        sheet[cell].data_type = "e"

    return damage


def with_sheet_xml(path: Path, parts: Iterable[str], *, strings: bytes = b"") -> Path:
    """A workbook whose only sheet is the XML given in parts, with the shared strings given."""
    plain = path.with_suffix(".plain")
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as package, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for member in package.infolist():
            if member.filename not in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"):
                out.writestr(member, package.read(member))
        with out.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for part in parts:
                sheet.write(part.encode())
        if strings:
            out.writestr("xl/sharedStrings.xml", strings)
    return path


def sheet_of_rows(rows: Iterable[str], after: str = "") -> Iterable[str]:
    """The XML of a sheet: head, rows, tail."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    yield from rows
    yield f"</sheetData>{after}</worksheet>"


def xml_row(number: int, values: Sequence[object], columns: Sequence[str]) -> str:
    """One row of inline texts."""
    cells = "".join(
        f'<c r="{column}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
        for column, value in zip(columns, values, strict=False)
    )
    return f'<row r="{number}">{cells}</row>'


def compound_file(streams: dict[str, bytes]) -> bytes:
    """An OLE compound file with the named streams, each of 4096 bytes or more."""
    sector, end, free, fat_mark = 512, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    fat, body, entries = [fat_mark, end], b"", [_directory_entry("Root Entry", 5, end, 0, child=1)]
    for at, (name, data) in enumerate(streams.items(), 1):
        data = data.ljust(-(-max(len(data), 4096) // sector) * sector, b"\0")
        first, count = len(fat), len(data) // sector
        fat += [*range(first + 1, first + count), end]
        right = at + 1 if at < len(streams) else free
        entries.append(_directory_entry(name, 2, first, len(data), right=right))
        body += data
    fat += [free] * (128 - len(fat))
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
        *(0, 1, 1, 0, 4096, end, 0, end, 0),
    )  # fmt: skip
    header += struct.pack("<109I", 0, *[free] * 108)
    return header + struct.pack("<128I", *fat) + b"".join(entries).ljust(sector, b"\0") + body


def _directory_entry(
    name: str, kind: int, first: int, size: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF
) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    head = struct.pack("<64sHBBIII", encoded, len(encoded), kind, 1, 0xFFFFFFFF, right, child)
    return head + bytes(36) + struct.pack("<IQ", first, size)


def xls(rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook of Excel 97 with one sheet 附件1: texts and numbers."""
    name = "附件1"
    bound = struct.pack("<IHBB", 0, 0, len(name), 1) + name.encode("utf-16-le")
    head = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    size = len(head) + len(_record(0x0085, bound)) + len(_record(0x000A, b""))
    bound = struct.pack("<IHBB", size, 0, len(name), 1) + name.encode("utf-16-le")
    stream = head + _record(0x0085, bound) + _record(0x000A, b"")
    stream += _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            if isinstance(value, int | float):
                stream += _record(0x0203, struct.pack("<HHHd", row, column, 0, value))
            elif value:
                text = str(value)
                packed = struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le")
                stream += _record(0x0204, packed)
    return compound_file({"Workbook": stream + _record(0x000A, b"")})


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data
