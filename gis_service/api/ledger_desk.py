"""`/ledgers`: the page where ledgers are sent, looked at before they are kept, and downloaded; its lists and steps."""

from __future__ import annotations

from pathlib import Path as FilePath

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from gis_service import clock
from gis_service.access import LOCAL, Reader, Role
from gis_service.api import import_work
from gis_service.api.ledger_persons import foreign_units, note_file, require_unmasked
from gis_service.api.ledgers import FILE, MEDIA, NO_STORE, OBJECT, JobId, file_headers, marked_links, note_step, own_job
from gis_service.api.links import address
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published
from gis_service.api.readers import Editing, visitor_of
from gis_service.api.views import form_view
from gis_service.maps.assets import Assets
from gis_service.maps.page_config import safe_json
from gis_service.store import audit, import_jobs, ledgers

router = APIRouter(responses=REFUSALS)
_MOST = 100


@router.get("/ledgers", response_class=HTMLResponse, include_in_schema=False)
def page(request: Request, published: Published, reader: Editing) -> Response:
    """The page, which then asks for everything it shows."""
    server = str(request.scope.get("root_path", ""))
    import_work.make_ready()
    with published.snapshot() as connection:
        units = ledgers.reporting_units(connection)
    own = [unit for unit in units if reader.role not in LOCAL or unit in reader.divisions]
    config = {
        "server": server,
        "csrf": visitor_of(request).proof,
        "units": own,
        "city": reader.role is Role.CITY,
        "unmasked": reader.unmasked,
        "most_mb": published.settings.max_upload_mb,
        "today": f"{clock.today()}",
    }
    return form_view(
        request,
        published,
        "ledgers",
        title="台账",
        assets=Assets.for_ledgers(server),
        reader=reader,
        config=safe_json(config),
    )


@router.get(
    "/ledgers/imports",
    summary="上传过的台账",
    description="最近的在前；市级看得到各单位的，其余只有自己的。",
    response_class=Response,
    responses={200: OBJECT},
)
def jobs(request: Request, published: Published, reader: Editing) -> Response:
    """The newest jobs that the reader may see."""
    author = None if reader.role is Role.CITY else reader.login or reader.name
    with published.snapshot() as connection:
        found = import_jobs.newest_jobs(connection, author, _MOST)
    return JSONResponse({"imports": [_told(request, reader, job) for job in found]}, headers=NO_STORE)


@router.post(
    "/ledgers/imports/{job_id}/abandon",
    summary="放弃预演过的台账",
    description="不再写入；报来的原件仍然保存。",
    response_class=Response,
    responses={200: OBJECT},
)
def abandon(request: Request, published: Published, reader: Editing, job_id: JobId) -> Response:
    """The job, given up."""
    with audit.writing(published.engine, reader) as connection:
        found = own_job(connection, reader, job_id)
        import_jobs.advance(connection, job_id, frozenset({"previewed", "failed"}), "abandoned")
        note_step(request, connection, reader, job_id, f"放弃 {found.file_name}")
    with published.snapshot() as connection:
        return JSONResponse(_told(request, reader, own_job(connection, reader, job_id)), headers=NO_STORE)


@router.get(
    "/ledgers/imports/{job_id}/file",
    summary="上传的原件",
    description="逐字节相同；上传者本人和市级可以下载。",
    response_class=Response,
    responses=FILE,
)
def uploaded(request: Request, published: Published, reader: Editing, job_id: JobId) -> Response:
    """The file of a job as it was sent."""
    require_unmasked(reader)
    with published.snapshot() as connection:
        found = own_job(connection, reader, job_id)
        content = ledgers.content_of(connection, found.sha256)
    note_file(request, published, reader, ("import_jobs", found.file_name, content), job_id)
    media = MEDIA.get(FilePath(found.file_name).suffix.lower(), "application/octet-stream")
    return Response(content, media_type=media, headers=file_headers(found.file_name))


def _told(request: Request, reader: Reader, job: import_jobs.Job) -> dict[str, object]:
    report = job.report or {}
    here = address(request, "job", job_id=str(job.id))
    return {
        "id": job.id,
        "file_name": job.file_name,
        "author": job.author,
        "state": job.state,
        "stopped": job.stopped,
        "error": job.error,
        "created_at": job.created_at.isoformat(),
        "since": f"{job.since}" if job.since else None,
        "counts": {name: report.get(name, 0) for name in ("new", "changed", "same", "past", "rejected", "issue_count")},
        "foreign_units": sorted(foreign_units(reader, job)),
        "links": [{"rel": "self", "href": here}, {"rel": "file", "href": f"{here}/file"}, *marked_links(job, here)],
    }
