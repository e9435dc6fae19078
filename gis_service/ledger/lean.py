"""An .xlsx package goes in, a copy with only the cells within limits comes out, so that what calamine loads is bounded.

calamine holds a sheet as a dense table and drops formula errors; one stray cell in the last row, or a zip bomb, would
cost gigabytes. The copy keeps the cells that hold something, turns formula errors into texts, and keeps merged ranges.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from gis_service.ledger import limits
from gis_service.ledger.damaged import PackageError
from gis_service.ledger.sheet_xml import SheetCopy, attributes_of, string_lengths

_CHUNK = 1 << 16
_WORKSHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_STRINGS = re.compile(r"xl/sharedStrings\.xml", re.IGNORECASE)
_KEPT = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(?:workbook|styles)\.xml|xl/_rels/workbook\.xml\.rels", re.IGNORECASE
)
_DAMAGED = "文件不完整或已损坏，请用 Excel 或 WPS 打开后另存一份再导入"
Watch = Callable[[int, int], None]  # how much is done, out of how much


def unwatched(_done: int, _total: int) -> None:
    """Nobody asks how far it has come."""


@dataclass(frozen=True)
class LeanCopy:
    """A bounded .xlsx in memory, and what was left out: (sheet name, Chinese sentence)."""

    data: io.BytesIO
    cuts: tuple[tuple[str, str], ...]


def lean_copy(path: Path, watch: Watch = unwatched) -> LeanCopy:
    """A copy of the .xlsx at `path` whose sheets stay within `limits`; PackageError where none can be made.

    `watch` is told the bytes of sheets that were gone through, out of how many.
    """
    try:
        with zipfile.ZipFile(path) as package:
            return _copied(package, watch)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, expat.ExpatError, ValueError) as error:
        raise PackageError("file_damaged", _DAMAGED) from error
    except RuntimeError as error:
        raise PackageError("file_encrypted", "文件内部有密码，请取消密码后另存再导入") from error


def _copied(package: zipfile.ZipFile, watch: Watch) -> LeanCopy:
    members = {member.filename: member for member in package.infolist()}
    if len(members) > limits.MAX_PARTS:
        raise PackageError("file_too_large", f"文件内部有 {len(members)} 个部件，不像一份台账")
    names = _sheet_names(package, members)
    lengths = [
        length
        for member in members.values()
        if _STRINGS.fullmatch(member.filename)
        for length in string_lengths(_whole(package, member))
    ]
    out, cuts = io.BytesIO(), []
    meter = _Meter(watch, sum(member.file_size for name, member in members.items() if _WORKSHEET.fullmatch(name)))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as lean:
        for name, member in members.items():
            if _WORKSHEET.fullmatch(name):
                cuts += [(names.get(name, ""), cut) for cut in _copy_sheet(package, member, lean, lengths, meter)]
            elif _KEPT.fullmatch(name) or _STRINGS.fullmatch(name):
                _copy_part(package, member, lean)
    out.seek(0)
    return LeanCopy(out, tuple(cuts))


class _Meter:
    """Tells how many bytes of all sheets went by."""

    def __init__(self, watch: Watch, total: int) -> None:
        self._watch, self._total, self._done = watch, total, 0

    def passing(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            yield chunk
            self._done += len(chunk)
            self._watch(min(self._done, self._total), self._total)


def _copy_sheet(
    package: zipfile.ZipFile, member: zipfile.ZipInfo, lean: zipfile.ZipFile, lengths: list[int], meter: _Meter
) -> Iterator[str]:
    copy = SheetCopy(lengths)
    with lean.open(member.filename, "w") as target:
        copy.run(meter.passing(_chunks(package, member, limits.MAX_SHEET_BYTES)), target)
    return copy.cuts()


def _copy_part(package: zipfile.ZipFile, member: zipfile.ZipInfo, lean: zipfile.ZipFile) -> None:
    with lean.open(member.filename, "w") as target:
        for chunk in _whole(package, member):
            target.write(chunk)


def _whole(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    size = 0
    for chunk in _chunks(package, member, limits.MAX_STRINGS_BYTES + 1):
        size += len(chunk)
        yield chunk
    if size > limits.MAX_STRINGS_BYTES:
        limit = limits.MAX_STRINGS_BYTES // 1024**2
        raise PackageError("file_too_large", f"文件解开后文字超过 {limit} MB，不像一份台账，未读入")


def _chunks(package: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> Iterator[bytes]:
    with package.open(member) as part:
        while limit > 0 and (chunk := part.read(min(_CHUNK, limit))):
            limit -= len(chunk)
            yield chunk


def _sheet_names(package: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    """Part name → sheet name; parts that the workbook does not list are absent."""
    targets = {
        attributes.get("Id"): posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/")
        for attributes in _elements(package, members, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    names = {}
    for attributes in _elements(package, members, "xl/workbook.xml", "sheet"):
        identifier = next((value for key, value in attributes.items() if key.endswith(":id")), None)
        names[targets.get(identifier, "")] = attributes.get("name", "")
    if len(names) > limits.MAX_SHEETS:
        raise PackageError("file_too_large", f"工作簿有 {len(names)} 张工作表，超过 {limits.MAX_SHEETS} 张")
    return names


def _elements(
    package: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str, tag: str
) -> list[dict[str, str]]:
    if name not in members:
        raise PackageError("file_damaged", _DAMAGED)
    return attributes_of(_whole(package, members[name]), tag)
