"""Text in, a file out that is either complete or not there at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gis_service.errors import BadRequestError


def write_text(out: Path, chunks: Iterable[str]) -> None:
    """Write UTF-8 text; BadRequestError names the file and the reason, and an older file stays as it was."""
    with telling_why_not(out), _replacing(out) as target, target.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(chunks)


@contextmanager
def telling_why_not(out: Path) -> Iterator[None]:
    """What the operating system refuses while `out` is written becomes a BadRequestError with the reason."""
    try:
        yield
    except OSError as error:
        raise BadRequestError(f"无法写入 {out}：{reason(error)}") from error


def refuse_overwriting(out: Path, inputs: Iterable[Path]) -> None:
    """BadRequestError when the output would take the place of a file that is read."""
    for path in inputs:
        if out.exists() and path.exists() and out.samefile(path):
            raise BadRequestError(f"输出文件 {out} 与输入文件相同，请换一个文件名")


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    if out.exists() and not out.is_file() and not out.is_dir():  # a pipe or /dev/stdout cannot be replaced
        yield out
        return
    if out.is_dir():
        raise BadRequestError(f"无法写入 {out}：这是一个文件夹，请给出文件名")
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.chmod(_usual_mode())
        unfinished.replace(out)
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()


def _usual_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def reason(error: OSError) -> str:
    """Why the operating system refused, in Chinese where it is a common case."""
    if isinstance(error, FileNotFoundError):
        return "文件或文件夹不存在"
    if isinstance(error, PermissionError):
        return "没有权限"
    if isinstance(error, IsADirectoryError):
        return "这是一个文件夹"
    if isinstance(error, NotADirectoryError):
        return "路径中有一段不是文件夹"
    return error.strerror or str(error)
