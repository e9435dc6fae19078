"""Ledgers hold names and phones in the open: who may have them, which of them an answer shows, and the note of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import Request

from gis_service.access import LOCAL, Reader, Role
from gis_service.api.disclosure import note_seen
from gis_service.api.publication import Publication
from gis_service.errors import ForbiddenError
from gis_service.ledger import OpenLedger
from gis_service.ledger.columns import title_of
from gis_service.ledger.people import split_people
from gis_service.store.features import Seen
from gis_service.store.import_jobs import Job

_PERSONAL = frozenset(
    {title_of(1, key) for key in ("company_manager", "manager", "manager_phone")}
    | {title_of(2, key) for key in ("responsible", "responsible_person")}
)
Report = dict[str, Any]


def has_ledgers(reader: Reader, unit: str) -> bool:
    """True of a reporting unit whose ledgers the reader may have: the city every one's, a county or street its own."""
    return reader.role is Role.CITY or (reader.role in LOCAL and unit in reader.divisions)


def require_unmasked(reader: Reader) -> None:
    """ForbiddenError for a token that may not show names and phones: in a ledger nothing is masked."""
    if not reader.unmasked:
        raise ForbiddenError("台账含姓名和电话，这个令牌没有查看个人信息的权限")


def note_file(
    request: Request, published: Publication, reader: Reader, kept: tuple[str, str, bytes], row_id: int
) -> None:
    """It is noted that the reader gets this file (subject, name, content), with everybody who is named in it."""
    subject, name, content = kept
    seen = Seen((str(row_id),), frozenset(_named_in(name, content)))
    note_seen(request, published, reader, subject, seen)


def report_for(reader: Reader, job: Job) -> Report | None:
    """What a preview found, as far as the reader may know it.

    How the stored rows differ is told to whoever may see them: not where the file has rows of a unit that is not the
    reader's, nor to a token without the right to see persons.
    """
    if job.report is None:
        return None
    report = {name: value for name, value in job.report.items() if name not in ("seen", "within")}
    return report if reader.unmasked and not foreign_units(reader, job) else report | {"differences": []}


def foreign_units(reader: Reader, job: Job) -> set[str]:
    """The units in the file that are not the reader's to fill in."""
    units = set((job.report or {}).get("units", ()))
    return units - reader.divisions if reader.role in LOCAL else set()


def note_report(request: Request, published: Publication, reader: Reader, job_id: int, report: Report | None) -> None:
    """It is noted whose stored names and phones the differences show."""
    rows = [row for each in (report or {}).get("differences", ()) for row in each["rows"]]
    cells = [cell for row in rows for cell in row["cells"] if cell["column"] in _PERSONAL]
    written = {text for cell in cells for text in (cell["old"], cell["new"]) if text}
    people = [split_people(text) for text in written]
    texts = frozenset(filter(None, (*written, *(text for one in people for text in (one.manager, one.manager_phone)))))
    if texts:
        note_seen(request, published, reader, "import_jobs", Seen((str(job_id),), texts))


def _named_in(name: str, content: bytes) -> Iterator[str]:
    with TemporaryDirectory(prefix="gis-service-ledger-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        ledger = OpenLedger(path)
        if ledger.annex == 1:
            for entry in ledger.areas():
                yield from filter(None, (entry.manager, entry.manager_phone))
        else:
            yield from filter(None, (entry.responsible for entry in ledger.problems()))
