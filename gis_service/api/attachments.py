"""The names of a file in; the headers with which a browser keeps it under them, out."""

from __future__ import annotations

from urllib.parse import quote

from gis_service.exports import FORMATS

XLSX = FORMATS["xlsx"].media_type


def attached(plain: str, name: str) -> dict[str, str]:
    """The Chinese name (RFC 6266, RFC 8187), with a plain one for old programs; nobody on the way keeps the file."""
    told = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": told, "Cache-Control": "no-store"}
