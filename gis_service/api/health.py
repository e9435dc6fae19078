"""`/healthz`: is the database there, and are its tables those of this program?"""

from __future__ import annotations

import logging

import anyio
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from gis_service import __version__
from gis_service.api.publication import Published
from gis_service.api.readers import UNASKED, is_local
from gis_service.store import schema

router = APIRouter()
_log = logging.getLogger(__name__)


@router.get(
    "/healthz",
    summary="服务与数据库的状态",
    description="正常为 200，数据库不可用或需要升级为 503。",
    dependencies=[UNASKED],
)
async def healthz(request: Request, published: Published) -> JSONResponse:
    """200 when the service can answer, 503 when the database is away or needs its migrations; details on this machine.

    Asks nobody who they are, since that would need the database.
    """
    state = await anyio.to_thread.run_sync(_state, published.engine, limiter=published.watch)
    if not is_local(request):
        state = {"status": state["status"]}
    return JSONResponse(state, 200 if state["status"] == "ok" else 503, headers={"Cache-Control": "no-store"})


def _state(engine: Engine) -> dict[str, object]:
    try:
        with engine.connect() as connection:
            postgis = connection.execute(text("select postgis_lib_version()")).scalar_one()
        found = schema.status(engine)
    except SQLAlchemyError as error:
        _log.warning("database unavailable: %s", error)
        return {"status": "unavailable", "database": "unavailable", "version": __version__}
    tables = {"current": found.current, "head": found.head, "up_to_date": found.up_to_date}
    status = "ok" if found.up_to_date else "needs_upgrade"
    return {"status": status, "database": "ok", "postgis": postgis, "schema": tables, "version": __version__}
