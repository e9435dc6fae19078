"""What a file really is, whatever its name says: a workbook that can be opened, or a Chinese reason why not."""

from __future__ import annotations

import zipfile
from enum import StrEnum
from pathlib import Path

from gis_service.ledger import limits
from gis_service.ledger.damaged import PackageError

_SAVE_AS = "请用 Excel 或 WPS 打开后另存为 .xlsx 再导入"
_HEAD_BYTES = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES = (
    (b"%PDF", "PDF 文件"),
    (b"{\\rtf", "RTF 文档"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
)


class Container(StrEnum):
    """The formats that are read."""

    XLSX = "xlsx"
    XLS = "xls"
    CSV = "csv"


def recognise(path: Path) -> Container:
    """The format of the file by its content; PackageError where it is missing, locked or no table."""
    head = _head(path)
    if head.startswith(b"PK"):
        return _in_zip(path)
    if head.startswith(_OLE):
        return _in_ole(path)
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            raise PackageError("file_not_workbook", f"这是{words}，不是 Excel 工作簿；{_SAVE_AS}")
    words = _text_kind(head)
    if not words:
        return Container.CSV
    raise PackageError("file_not_workbook", f"这是{words}，不是 Excel 工作簿；{_SAVE_AS}")


def _head(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise PackageError("file_is_folder", "这是文件夹，请选其中的 .xlsx 文件")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        raise PackageError("file_missing", "找不到这个文件，请核对路径") from error
    except OSError as error:
        raise PackageError("file_unreadable", "没有权限或无法读取这个文件，请关闭正在打开它的程序后再试") from error
    if not head:
        raise PackageError("file_empty", "文件是空的（0 字节），请核对后重新上传")
    if size > limits.MAX_FILE_BYTES:
        raise PackageError("file_too_large", f"文件超过 {limits.MAX_FILE_BYTES // 1024**2} MB，请拆分后导入")
    return head


def _in_zip(path: Path) -> Container:
    try:
        with zipfile.ZipFile(path) as package:
            names = {member.filename for member in package.infolist()}
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise PackageError("file_damaged", f"文件不完整或已损坏（可能没有传完），{_SAVE_AS}") from error
    if "xl/workbook.xml" in names:
        return Container.XLSX
    kinds = (
        ("xl/workbook.bin", "Excel 二进制工作簿（.xlsb）"),
        ("word/document.xml", "Word 文档"),
        ("ppt/presentation.xml", "演示文稿"),
        ("content.xml", "OpenDocument 表格（.ods）"),
    )
    words = next((words for part, words in kinds if part in names), "压缩包，请先解压")
    raise PackageError("file_not_workbook", f"这是{words}，不是 .xlsx 工作簿；{_SAVE_AS}")


def _in_ole(path: Path) -> Container:
    content = path.read_bytes()
    if _utf16("EncryptedPackage") in content or _utf16("EncryptionInfo") in content:
        raise PackageError("file_encrypted", "文件设有打开密码，请在 Excel 中取消密码后另存再导入")
    if _utf16("Workbook") in content or _utf16("Book") in content:
        return Container.XLS
    words = "Word 文档（.doc）" if _utf16("WordDocument") in content else "旧版 Office 文件"
    raise PackageError("file_not_workbook", f"这是{words}，不是 Excel 工作簿；{_SAVE_AS}")


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le")


def _text_kind(head: bytes) -> str:
    """What a file is that is no workbook; an empty text for a text table."""
    lowered = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if lowered.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        return "网页（HTML）改名成的表格"
    if lowered.startswith(b"<?xml"):
        return "XML 文件" if b"<html" not in lowered else "网页（HTML）改名成的表格"
    text = _decoded(head)
    if text is None:
        return "无法识别的文件"
    return "" if any(mark in text for mark in ",\t;") else "纯文本"


def _decoded(head: bytes) -> str | None:
    for encoding in ("utf-8", "gb18030"):
        try:
            text = head[: len(head) - 8 if len(head) == _HEAD_BYTES else None].decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if "\x00" not in text else None
    return None
