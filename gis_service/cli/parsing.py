"""`gis-service parse`: 四至 sentences in, one JSON object a line out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from gis_service.errors import BadRequestError

# some readers of JSON lines also break lines at these, which JSON itself leaves bare
_LINE_BREAKERS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "\x85\u2028\u2029"}


def parse(
    text: Annotated[str | None, typer.Argument(metavar="[四至文字]", help="一句四至文字", show_default=False)] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="文件", help="每行一句的文本文件，- 为标准输入", show_default=False),
    ] = None,
) -> None:
    """解析四至文字，输出 JSON；--file 时一行一句，按原顺序一行输出一个。"""
    if (text is None) == (file is None):
        raise BadRequestError("请给出一句四至文字，或者用 --file 给出文件（二者选一）")
    if file is None:
        _print_parsed([_as_typed(text or "")])
        return
    from gis_service.cli.sentences import lines_of

    _print_parsed(lines_of(file))


def _as_typed(text: str) -> str:
    """The argument as typed, also where the locale knows no Chinese and Python kept its bytes as surrogates."""
    if not any("\udc80" <= character <= "\udcff" for character in text):
        return text
    typed = os.fsencode(text)
    try:
        return typed.decode("utf-8")
    except UnicodeDecodeError:
        return typed.decode("gb18030", errors="replace")


def _print_parsed(sentences: Iterable[str]) -> None:
    from gis_service.abuttals import as_json
    from gis_service.abuttals import parse as parse_abuttals

    for sentence in sentences:
        parsed = json.dumps(as_json(parse_abuttals(sentence)), ensure_ascii=False)
        sys.stdout.write(parsed.translate(_LINE_BREAKERS) + "\n")
