"""`/ledgers…`: the official forms, files as they were sent; a file in, its preview, then its rows kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from contextlib import ExitStack
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from gis_service import clock
from gis_service.access import LOCAL, Reader, Role
from gis_service.api import import_work
from gis_service.api.attachments import XLSX, attached
from gis_service.api.disclosure import note_seen, origin_of
from gis_service.api.ledger_persons import (
    foreign_units,
    has_ledgers,
    note_file,
    note_report,
    report_for,
    require_unmasked,
)
from gis_service.api.links import address
from gis_service.api.parameters import parse_day
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Editing, Gathering
from gis_service.api.streaming import FileDownload
from gis_service.api.uploads import read_upload, with_file
from gis_service.errors import BadRequestError, ConflictError, ForbiddenError
from gis_service.exports.ledgers import ledger_file_name, write_ledger
from gis_service.imports.importing import holds_hazards
from gis_service.issues import Issue, Severity, Where
from gis_service.ledger.columns import Annex
from gis_service.ledger.marking import write_marked
from gis_service.store import audit, import_jobs, ledgers
from gis_service.store.features import Seen
from gis_service.store.tables import SentFile

router = APIRouter(responses=REFUSALS)
MEDIA = {".xlsx": XLSX, ".csv": "text/csv; charset=utf-8", ".xls": "application/vnd.ms-excel"}
NO_STORE = {"Cache-Control": "no-store"}
_NAME = re.compile(r"[^\w\u4e00-\u9fff（）().\- ]+")
_BYTES = {"schema": {"type": "string", "format": "binary"}}
FILE: dict[int | str, dict[str, Any]] = {200: {"description": "文件", "content": {XLSX: _BYTES}}}
SHEETS: dict[int | str, dict[str, Any]] = {
    200: {"description": "文件", "content": dict.fromkeys((*MEDIA.values(), "application/octet-stream"), _BYTES)}
}
OBJECT: dict[str, Any] = {"description": "数据", "content": {"application/json": {"schema": {"type": "object"}}}}
_FIELDS = {"name": "文件名", "since": "台账日期，如 2023-07-31，默认今天"}
JobId = Annotated[int, Path(ge=1, le=2**62, description="导入的编号")]


@router.get(
    "/ledgers/annex{annex}",
    summary="下载官方格式的台账",
    description="附件1 或附件2，逐格与报来的相同；含姓名和电话，市级可以下载全部，区县只能下载本单位的。",
    response_class=Response,
    responses=SHEETS,
)
def form(  # noqa: PLR0913 - who asks, and the words of the query
    request: Request,
    published: Published,
    reader: Editing,
    annex: Annotated[int, Path(ge=1, le=2, description="1 或 2")],
    unit: Annotated[str | None, Query(max_length=40, description="填报单位，如 怀宁县；默认全部")] = None,
    f: Annotated[Literal["xlsx", "csv"], Query(description="格式")] = "xlsx",
    codes: Annotated[bool, Query(description="附件1 末尾加一列区域编号，再导入时按编号认行")] = False,
    as_of: Annotated[dt.date | None, Query(description="哪一天的台账，默认今天")] = None,
) -> Response:
    """The official form as a file."""
    if reader.role in LOCAL and unit is None:
        raise BadRequestError("请用 unit 写明填报单位")
    if unit is not None and not has_ledgers(reader, unit):
        raise ForbiddenError("只能下载本单位的台账")
    require_unmasked(reader)
    number: Annex = 2 if annex == 2 else 1
    with ExitStack() as stack:
        out = _folder(stack) / f"ledger.{f}"
        with published.snapshot() as connection:
            write_ledger(connection, number, out, unit, codes=codes, day=as_of)
            seen = Seen(texts=ledgers.persons_of(connection, number, unit))
        note_seen(request, published, reader, f"ledger_annex{number}", seen)
        name = ledger_file_name(number, unit, f"{as_of or clock.today():%Y%m%d}", out.suffix)
        return FileDownload(
            out, headers=file_headers(name), media_type=MEDIA[out.suffix], closing=stack.pop_all().close
        )


@router.get(
    "/ledgers/sent",
    summary="报来的台账",
    description="每一批：文件名、何人、时间、台账日期、新增、更新、不变的行数，最近的在前。",
    response_class=Response,
    responses={200: OBJECT},
)
def sent(request: Request, published: Published, _reader: Gathering) -> Response:
    """The ledgers that were sent."""
    with published.snapshot() as connection:
        found = ledgers.sent_ledgers(connection)
    told = [
        {
            "batch": each.batch_id,
            "kind": each.kind,
            "file_name": each.file_name,
            "committed_at": each.committed_at.isoformat(),
            "since": f"{each.since}" if each.since else None,
            "new": each.new,
            "changed": each.changed,
            "same": each.same,
            "author": each.author,
            "href": address(request, "as_sent", batch_id=str(each.batch_id)),
        }
        for each in found
    ]
    return JSONResponse({"ledgers": told}, headers=NO_STORE)


@router.get(
    "/ledgers/sent/{batch_id}",
    summary="台账原件",
    description="当时报来的文件，逐字节相同。",
    response_class=Response,
    responses=SHEETS,
)
def as_sent(request: Request, published: Published, reader: Gathering, batch_id: JobId) -> Response:
    """The file of a batch."""
    require_unmasked(reader)
    with published.snapshot() as connection:
        found = ledgers.sent_file(connection, batch_id)
    note_file(request, published, reader, ("sent_files", found.file_name, found.content), batch_id)
    media = MEDIA.get(FilePath(found.file_name).suffix.lower(), "application/octet-stream")
    return Response(found.content, media_type=media, headers=file_headers(FilePath(found.file_name).name))


@router.post(
    "/ledgers/imports",
    status_code=202,
    summary="上传台账",
    description="表单的 file 一项为附件1 或附件2（xlsx、xls、csv，按表头识别），since 一项为台账日期，默认今天："
    "比现有台账早的行只记入历史，不改今天的内容。随即预演：不写入，只列出问题和差别。",
    response_class=Response,
    responses={202: OBJECT},
    openapi_extra=with_file(_FIELDS),
)
async def upload(request: Request, published: Published, reader: Editing) -> Response:
    """The new job, being previewed; its address is in Location."""
    most = published.settings.max_upload_mb * 1_000_000
    taken = await read_upload(request, file_name="file", known=frozenset(_FIELDS), max_bytes=most)
    name = _file_name(taken.fields.get("name", ""))
    if not taken.file:
        raise BadRequestError("没有收到文件，请选择附件1 或附件2")
    since = _day_of_ledger(taken.fields.get("since", ""))
    job_id = await run_in_threadpool(_opened, request, published, reader, name, taken.file, since)
    return await run_in_threadpool(_answer, request, published, reader, job_id, 202)


@router.get(
    "/ledgers/imports/{job_id}",
    summary="导入进行到哪里",
    description="state：waiting、previewing、previewed、committing、committed、failed；step、done、total 为进度；"
    "stopped 为中途停下，可以再次提交；report 为问题、逐格的差别和不再出现的行。",
    response_class=Response,
    responses={200: OBJECT},
)
def job(request: Request, published: Published, reader: Editing, job_id: JobId) -> Response:
    """The job as it stands, for whoever sent the file and for the city."""
    return _answer(request, published, reader, job_id, 200)


@router.post(
    "/ledgers/imports/{job_id}/commit",
    status_code=202,
    summary="写入预演过的台账",
    description="预演之后台账又有变化时不写入。中途停下的可以再次提交：已写入的不重复，没做完的接着做。",
    response_class=Response,
    responses={202: OBJECT},
)
def commit(request: Request, published: Published, reader: Editing, job_id: JobId) -> Response:
    """The job, being committed."""
    with audit.writing(published.engine, reader) as connection:
        found = own_job(connection, reader, job_id)
        _require_units(reader, found)
        import_jobs.advance(connection, job_id, frozenset({"previewed"}), "committing")
        note_step(request, connection, reader, job_id, f"写入 {found.file_name}")
    import_work.start(published.engine, job_id, "commit", published.settings.tolerance_m, reader)
    return _answer(request, published, reader, job_id, 202)


@router.post(
    "/ledgers/imports/{job_id}/preview",
    status_code=202,
    summary="重新核对台账",
    description="核对中途停下的，或没有写入的：按报来的原件再核对一遍，不必再传。",
    response_class=Response,
    responses={202: OBJECT},
)
def look_again(request: Request, published: Published, reader: Editing, job_id: JobId) -> Response:
    """The job, being previewed once more."""
    with audit.writing(published.engine, reader) as connection:
        found = own_job(connection, reader, job_id)
        import_jobs.advance(connection, job_id, frozenset({"failed"}), "previewing")
        note_step(request, connection, reader, job_id, f"重新核对 {found.file_name}")
    import_work.start(published.engine, job_id, "preview", published.settings.tolerance_m, reader)
    return _answer(request, published, reader, job_id, 202)


@router.get(
    "/ledgers/imports/{job_id}/marked",
    summary="标红的台账",
    description="要改的格子标红，原因写在旁边，供退回修改。",
    response_class=Response,
    responses=FILE,
)
def marked(request: Request, published: Published, reader: Editing, job_id: JobId) -> Response:
    """The file of the job in the official form, its bad cells red."""
    require_unmasked(reader)
    with ExitStack() as stack:
        folder = _folder(stack)
        with published.snapshot() as connection:
            found = own_job(connection, reader, job_id)
            content = ledgers.content_of(connection, found.sha256)
        note_file(request, published, reader, ("import_jobs", found.file_name, content), job_id)
        source, out = folder / found.file_name, folder / "marked.xlsx"
        source.write_bytes(content)
        if holds_hazards(source):
            raise ConflictError("隐患数据不是台账，不能标红退回；请按列出的问题修改后再上传")
        write_marked(source, out, _issues(found))
        name = f"{FilePath(found.file_name).stem}_需要修改.xlsx"
        return FileDownload(out, headers=file_headers(name), media_type=XLSX, closing=stack.pop_all().close)


def note_step(request: Request, connection: Connection, reader: Reader, job_id: int, told: str) -> None:
    """What the reader did with the job stands in the audit log."""
    audit.note(
        connection,
        reader,
        "import",
        subject="import_jobs",
        row_ids=(str(job_id),),
        detail=told,
        origin=origin_of(request),
    )


def _day_of_ledger(text: str) -> dt.date:
    """The day of a ledger, today where nobody told it."""
    today = clock.today()
    day = parse_day("since", text) if text else today
    if day > today:
        raise BadRequestError(f"台账的日期 {day} 还没有到")
    return day


def _opened(request: Request, published: Publication, reader: Reader, name: str, content: bytes, since: dt.date) -> int:
    sha256 = hashlib.sha256(content).hexdigest()
    with audit.writing(published.engine, reader) as connection:
        row = {"sha256": sha256, "file_name": name, "content": content}
        connection.execute(insert(SentFile).values(row).on_conflict_do_nothing())
        told = {"kind": "ledger", "file_name": name, "sha256": sha256, "author": reader.login or reader.name}
        job_id = import_jobs.open_job(connection, **told, since=since)
        import_jobs.advance(connection, job_id, frozenset({"waiting"}), "previewing")
        note_step(request, connection, reader, job_id, f"上传 {name}")
    import_work.start(published.engine, job_id, "preview", published.settings.tolerance_m, reader)
    return job_id


def _answer(request: Request, published: Publication, reader: Reader, job_id: int, status: int) -> Response:
    with published.snapshot() as connection:
        found = own_job(connection, reader, job_id)
    here = address(request, "job", job_id=str(job_id))
    report = report_for(reader, found)
    note_report(request, published, reader, job_id, report)
    told = {
        "id": found.id,
        "file_name": found.file_name,
        "author": found.author,
        "state": found.state,
        "stopped": found.stopped,
        "step": found.step,
        "done": found.done,
        "total": found.total,
        "error": found.error,
        "batch": found.batch_id,
        "created_at": found.created_at.isoformat(),
        "since": f"{found.since}" if found.since else None,
        "report": report,
        "foreign_units": sorted(foreign_units(reader, found)),
        "links": [{"rel": "self", "href": here}, *marked_links(found, here)],
    }
    return JSONResponse(told, status, headers={"Location": here, **NO_STORE} if status == 202 else NO_STORE)


def marked_links(found: import_jobs.Job, here: str) -> list[dict[str, str]]:
    """The link to the marked form of a job; none for hazards, which have no official form."""
    surveys = (found.report or {}).get("surveys", False)
    return [] if surveys else [{"rel": "marked", "href": f"{here}/marked"}]


def own_job(connection: Connection, reader: Reader, job_id: int) -> import_jobs.Job:
    """The job, for whoever sent its file and for the city; ForbiddenError for anybody else."""
    found = import_jobs.find_job(connection, job_id)
    if reader.role is not Role.CITY and found.author != (reader.login or reader.name):
        raise ForbiddenError("这是别人上传的台账")
    return found


def _require_units(reader: Reader, found: import_jobs.Job) -> None:
    if found.report is None and not found.stopped:
        raise ConflictError("还没有预演完，请稍候")
    foreign = foreign_units(reader, found)
    if foreign:
        raise ForbiddenError(f"文件里有不属于您的填报单位：{'、'.join(sorted(foreign))}")


def _issues(found: import_jobs.Job) -> list[Issue] | None:
    if found.report is None:
        return None
    return [
        Issue(
            told["code"],
            told["message"],
            Severity(told["severity"]),
            Where(found.file_name, told["sheet"], told["row"], told["column"], told["cell"]),
        )
        for told in found.report["issues"]
    ]


def _file_name(told: str) -> str:
    """A name that is safe as a name of a file, whatever somebody sent."""
    name = _NAME.sub("_", FilePath(told.replace("\\", "/")).name).lstrip(".")[-80:]
    return name or "台账.xlsx"


def _folder(stack: ExitStack) -> FilePath:
    return FilePath(stack.enter_context(TemporaryDirectory(prefix="gis-service-ledger-")))


def file_headers(name: str) -> dict[str, str]:
    """The headers of a file that is kept under this name, and not by anybody on the way."""
    return attached(f"ledger{FilePath(name).suffix}", name)
