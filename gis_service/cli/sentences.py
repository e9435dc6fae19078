"""A text file or standard input in, its lines out in order, whatever Chinese encoding it is in."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gis_service.cli.inputs import readable

_CHUNK = 1 << 20
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def lines_of(path: Path) -> Iterator[str]:
    """Each line without its ending: UTF-8 with or without mark, UTF-16 with mark, else GB18030; `-` is stdin."""
    if str(path) == "-":
        yield from _lines_as_they_come(sys.stdin.buffer)
        return
    if path.is_fifo() or path.is_char_device():  # can be read only once, so not looked through beforehand
        with path.open("rb") as stream:
            yield from _lines_as_they_come(stream)
        return
    encoding = _encoding_of(readable(path))
    with path.open(encoding=encoding, errors="replace", newline="\n") as stream:
        for line in stream:
            yield line.rstrip("\r\n")


def _encoding_of(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        if stream.read(2) in _UTF16_MARKS:
            return "utf-16"
        stream.seek(0)
        try:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8-sig"


def _lines_as_they_come(stream: BinaryIO) -> Iterator[str]:
    encoding = "utf-8-sig"
    for line in stream:
        try:
            text = line.decode(encoding, errors="strict" if encoding.startswith("utf") else "replace")
        except UnicodeDecodeError:
            encoding = "gb18030"  # and stays so: one stream has one encoding
            text = line.decode(encoding, errors="replace")
        yield text.rstrip("\r\n")
        if encoding == "utf-8-sig":
            encoding = "utf-8"  # a mark stands at the beginning only
