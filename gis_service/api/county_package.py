"""`/packages`: a reporting unit and a month in; what it hands in for the month, as one zip, out; a page to choose."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from gis_service import clock
from gis_service.analysis.coverage import EVERY_REASON, under
from gis_service.api.admission import client_of
from gis_service.api.attachments import attached
from gis_service.api.declared import FORM, OBJECT, ok
from gis_service.api.disclosure import note_seen
from gis_service.api.downloads import take_place
from gis_service.api.forms import wants_page
from gis_service.api.inquiry import definition_words
from gis_service.api.ledger_persons import has_ledgers, require_unmasked
from gis_service.api.links import JSON
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Editing, Working
from gis_service.api.reports import report
from gis_service.api.streaming import FileDownload
from gis_service.errors import ForbiddenError
from gis_service.store import ledgers
from gis_service.store.features import Seen
from gis_service.store.ledgers import units_of

if TYPE_CHECKING:
    from gis_service.exports.county_package import PackageOrder

ZIP = "application/zip"
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "文件", "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}
}
router = APIRouter(responses=REFUSALS)


@router.get(
    "/packages",
    summary="可以下载月报的单位",
    description="读者可以下载其月报的填报单位；市级为全部，区县、街道为本单位。",
    response_class=Response,
    responses={200: ok("各单位", JSON, OBJECT)},
    openapi_extra={"parameters": [FORM]},
)
def packages(request: Request, published: Published, reader: Working) -> Response:
    """The units, or the page on which one is chosen."""
    single_values(request.query_params, ("f",))
    today = clock.today()
    with published.snapshot() as connection:
        units = sorted(one for one in units_of(connection) if has_ledgers(reader, one))
    if wants_page(request):
        last = today.replace(day=1) - dt.timedelta(days=1)
        told = {"units": units, "month": f"{last:%Y-%m}", "newest": f"{today:%Y-%m}"}
        return report(request, published, "packages", title="月报", current="packages", **told)
    return JSONResponse({"units": units}, headers={"Cache-Control": "no-store"})


@router.get(
    "/packages/file",
    summary="一个填报单位一个月的月报",
    description="附件1、附件2、覆盖统计、失管小区、问题整改、A3 专题图（PDF）、GeoJSON，装在一个 zip 里；"
    "含姓名和电话，市级可以下载各单位的，区县、街道只能下载本单位的。",
    response_class=Response,
    responses=_FILE,
)
def package(
    request: Request,
    published: Published,
    reader: Editing,
    unit: Annotated[str, Query(min_length=1, max_length=40, description="填报单位，如 怀宁县")],
    month: Annotated[str, Query(min_length=7, max_length=7, description="月份，如 2023-07")],
) -> Response:
    """The zip of one unit."""
    from gis_service.exports.county_package import month_end, package_name, write_package  # 37 MB of memory, seldom

    if not has_ledgers(reader, unit):
        raise ForbiddenError("只能下载本单位的月报")
    require_unmasked(reader)
    request.app.state.downloads.step(client_of(request.scope))
    day = month_end(month, clock.today())
    with ExitStack() as stack:
        take_place(published, stack)
        out = Path(stack.enter_context(TemporaryDirectory(prefix="gis-service-package-"))) / "package.zip"
        with published.snapshot() as connection:
            write_package(connection, order_of(published, connection, unit, day), out)
            seen = Seen(texts=frozenset().union(*(ledgers.persons_of(connection, annex, unit) for annex in (1, 2))))
        note_seen(request, published, reader, "county_package", seen)
        headers = attached("package.zip", package_name(unit, day))
        return FileDownload(out, headers=headers, media_type=ZIP, closing=stack.pop_all().close)


def order_of(published: Publication, connection: Connection, unit: str, day: dt.date) -> PackageOrder:
    """What the package of the unit is made from, as of the day."""
    from gis_service.exports.county_package import PackageOrder

    facts, settings = published.reckonings.on(connection, day), published.settings
    return PackageOrder(
        unit=unit,
        day=day,
        city=settings.city,
        review_number=settings.review_number or "",
        due_soon_days=settings.due_soon_days,
        definition=definition_words(EVERY_REASON),
        layers=published.layers,
        tallies=under(facts.tallies, EVERY_REASON),
        reasons=facts.reasons,
        divisions=facts.divisions,
    )
