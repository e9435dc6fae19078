"""An extract and a format come in; a file that is whole, or as it was before, goes out."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection

from gis_service.errors import BadRequestError
from gis_service.exports.extracting import Extract, Written
from gis_service.exports.formats import Format
from gis_service.store.cursors import closed_cursors


def export_layer(connection: Connection, taken: Extract, form: Format, out: Path) -> Written:
    """What stands in `out` now; when anything fails, an earlier file stays and no scrap is left.

    The connection should see one moment throughout (REPEATABLE READ), since some formats are read twice.
    """
    form.refuse(taken)
    _check(out)
    draft = out.with_name(f".{out.stem}.{os.getpid()}.part{form.suffixes[0]}")  # GDAL goes by the suffix
    try:
        with closed_cursors(connection):
            written = form.write(connection, taken, draft)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return written


def _check(out: Path) -> None:
    if out.is_dir():
        raise BadRequestError(f"“{out.name}”是一个目录，请写出文件名")
    if not out.parent.is_dir():
        raise BadRequestError(f"目录“{out.parent}”不存在，请先建立")
