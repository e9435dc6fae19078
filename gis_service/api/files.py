"""Scripts, styles and images of our own and of npm in, the same over HTTP with caching headers out."""

from __future__ import annotations

import os

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gis_service.errors import SetupError
from gis_service.maps import STATIC
from gis_service.resources import vendor, vendor_packages

_FOR_GOOD = "public, max-age=31536000, immutable"  # the address carries a version: ?v=…
_ASK_AGAIN = "public, no-cache"  # the browser keeps the file and asks by ETag whether it still holds


class CachedFiles(StaticFiles):
    """Files that a browser keeps: for good under a versioned address, else until they change."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or 304 where the browser holds it already, with its caching header."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        versioned = scope.get("query_string", b"").startswith(b"v=")
        answer.headers["Cache-Control"] = _FOR_GOOD if versioned else _ASK_AGAIN
        return answer


def install(app: FastAPI) -> None:
    """Serve `/static` and `/vendor/…`; SetupError says how to bring what npm brings."""
    app.mount("/static", CachedFiles(directory=STATIC), name="static")
    for package in vendor_packages():
        folder = vendor(package)
        if not folder.is_dir():
            raise SetupError(f"缺少网页组件 {package}（{folder}），请在程序目录运行 npm ci")
        app.mount(f"/vendor/{package}", CachedFiles(directory=folder), name=f"vendor-{package}")
