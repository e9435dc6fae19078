"""Scripts, styles and images of our own and of npm in, the same over HTTP with caching headers out."""

from __future__ import annotations

import gzip
import os
from functools import lru_cache
from pathlib import Path

import brotli
from fastapi import APIRouter, FastAPI, Request
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gis_service.api.codings import takes
from gis_service.api.publication import is_known
from gis_service.api.readers import UNASKED
from gis_service.errors import NotFoundError, SetupError
from gis_service.maps.bundles import BUNDLES, STATIC, bundle
from gis_service.resources import vendor, vendor_packages

_FOR_GOOD = "public, max-age=31536000, immutable"  # the address carries a version: ?v=…
_ASK_AGAIN = "public, no-cache"  # the browser keeps the file and asks by ETag whether it still holds

router = APIRouter()
_TEXTS = (".js", ".css", ".svg", ".json")
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_CODINGS = ("br", "gzip")  # the better one first; browsers ask for the first over HTTPS alone
_BROTLI_QUALITY = 5  # of 11: whoever asks first waits for it, and 9 takes five times as long for 4 % less


class CachedFiles(StaticFiles):
    """Files that a browser keeps: for good under a versioned address, else until they change."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or 304 where the browser holds it already, with its caching header."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = _kept_for(scope)
        coding = _coding(Path(full_path), Headers(scope=scope).get("accept-encoding", ""))
        if coding is None or answer.status_code != 200:
            return answer
        packed = _packed_file(os.fspath(full_path), stat_result.st_mtime_ns, coding)
        kept = {name: answer.headers[name] for name in ("content-type", "cache-control", "last-modified")}
        tag = f"W/{answer.headers['etag'].removeprefix('W/')}"  # the same content in other bytes
        return Response(packed, headers={**kept, "ETag": tag, "Content-Encoding": coding, "Vary": "Accept-Encoding"})


def _coding(file: Path, accepted: str) -> str | None:
    if file.suffix not in _TEXTS:
        return None
    return next((coding for coding in _CODINGS if takes(accepted, coding)), None)


@router.get("/bundles/{name}", include_in_schema=False, dependencies=[UNASKED])
def bundle_(request: Request, name: str) -> Response:
    """All scripts, or all styles, of a map page as one file; 404 for another name."""
    if name not in BUNDLES:
        raise NotFoundError(f"没有名为“{name[:40]}”的网页文件")
    found = bundle(name)
    headers = {"Cache-Control": _kept_for(request.scope), "ETag": f'W/"{found.mark}"', "Vary": "Accept-Encoding"}
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    coding = _coding(Path(name), request.headers.get("accept-encoding", ""))
    content = found.content if coding is None else _packed(found.content, coding)
    if coding is not None:
        headers["Content-Encoding"] = coding
    return Response(content, media_type=_TYPES[Path(name).suffix], headers=headers)


def _kept_for(scope: Scope) -> str:
    return _FOR_GOOD if scope.get("query_string", b"").startswith(b"v=") else _ASK_AGAIN


@lru_cache(maxsize=512)  # these files are few, and the same for everybody
def _packed_file(path: str, _changed_at: int, coding: str) -> bytes:
    return _packed(Path(path).read_bytes(), coding)


@lru_cache(maxsize=64)
def _packed(content: bytes, coding: str) -> bytes:
    return (
        bytes(brotli.compress(content, quality=_BROTLI_QUALITY)) if coding == "br" else gzip.compress(content, mtime=0)
    )


def install(app: FastAPI) -> None:
    """Serve `/bundles`, `/static` and `/vendor/…`; SetupError says how to bring what npm brings."""
    for name in BUNDLES:  # packed before anybody waits for it
        for coding in _CODINGS:
            _packed(bundle(name).content, coding)
    app.include_router(router)
    app.mount("/static", CachedFiles(directory=STATIC), name="static")
    for package in vendor_packages():
        folder = vendor(package)
        if not folder.is_dir():
            raise SetupError(f"缺少网页组件 {package}（{folder}），请在程序目录运行 npm ci")
        app.mount(f"/vendor/{package}", CachedFiles(directory=folder), name=f"vendor-{package}")
