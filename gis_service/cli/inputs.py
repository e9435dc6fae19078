"""Paths from the command line in, files that exist and can be read out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gis_service.cli.writing import reason
from gis_service.errors import BadRequestError


def readable(path: Path) -> Path:
    """The path itself, once it is known to be a file that can be opened."""
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise BadRequestError(f"无法读取 {path}：{reason(error)}") from error


def day_told(option: str, text: str | None) -> dt.date | None:
    """The day that was written behind an option, None where none was."""
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadRequestError(f"{option} 应为 2023-07-31 这样的日期，不能是“{text}”") from error


def files_in(paths: Iterable[Path], endings: Sequence[str]) -> tuple[Path, ...]:
    """The files among the paths as given, and those of each folder that bear one of the endings, by name."""
    found = [file for path in paths for file in _files_of(path, endings)]
    return tuple(dict.fromkeys(found))


def _files_of(path: Path, endings: Sequence[str]) -> Iterator[Path]:
    if not path.is_dir():
        yield readable(path)
        return
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in endings and file.is_file())
    if not found:
        raise BadRequestError(f"文件夹 {path} 里没有可用的文件（{' '.join(endings)}）")
    yield from (readable(file) for file in found)
