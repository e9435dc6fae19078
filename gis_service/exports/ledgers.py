"""Stored ledger rows come in; 附件1 and 附件2 go out in the official form, cell for cell as they were written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, FromClause, Row, Select, select

from gis_service import clock
from gis_service.codes import CommitteeState, PartyCoverage, ServiceForm
from gis_service.errors import NotFoundError
from gis_service.exports.decided import with_decisions
from gis_service.imports.sent import frames_of
from gis_service.ledger import LedgerEntry, ProblemEntry, SheetFrame
from gis_service.ledger.columns import TITLES, Annex, title_of
from gis_service.ledger.forms import FormRow, FormSheet, area_cells, as_written, official_frame, problem_cells
from gis_service.ledger.writing import write_forms
from gis_service.ledger.written import from_json
from gis_service.store.sources import areas_as_of, is_past, problems_as_of
from gis_service.store.tables import ManagementArea, Problem

_BATCH = 500


def write_ledger(
    connection: Connection,
    annex: Annex,
    out: Path,
    unit: str | None = None,
    *,
    codes: bool = False,
    day: dt.date | None = None,
) -> int:
    """The ledger of a reporting unit (None: of all) is in the file, .xlsx or .csv; says how many rows it has.

    Of a `day` that is over: what the ledgers had said, and people decided, by then.

    With `codes` the code of each area stands behind the columns of 附件1, so that rows are found again by it.
    """
    rows = (areas_as_of if annex == 1 else problems_as_of)(day or clock.today(), is_past(day))
    units = sorted(connection.scalars(_units(annex)))
    if unit is not None and unit not in units:
        raise NotFoundError(f"附件{annex}里没有“{unit}”的行，可用：{'、'.join(units) or '（还没有台账）'}")
    frames = frames_of(connection, annex, units if unit is None else [unit], day) or [official_frame(annex)]
    beside = title_of(1, "area_code") if codes and annex == 1 else ""
    return write_forms(
        [FormSheet(frame, _rows(connection, rows, unit, frames, frame), beside) for frame in frames], out
    )


def ledger_file_name(annex: Annex, unit: str | None, day: str, suffix: str) -> str:
    """The name of the file as people send it.

    >>> ledger_file_name(1, "怀宁县", "20230731", ".xlsx")
    '附件1_怀宁县_住宅物业管理区域信息台账_20230731.xlsx'
    """
    return "_".join(filter(None, (f"附件{annex}", unit, TITLES[annex], day))) + suffix


def _units(annex: Annex) -> Select[Any]:
    if annex == 1:
        return select(ManagementArea.reporting_unit).where(ManagementArea.ledger_position.is_not(None)).distinct()
    return select(Problem.county).distinct()


def _rows(
    connection: Connection, table: FromClause, unit: str | None, frames: Sequence[SheetFrame], frame: SheetFrame
) -> Iterator[FormRow]:
    """The rows of one sheet; those of no known sheet stand on the last one."""
    query = select(table).order_by(table.c.ledger_position, table.c.id)
    if frame.annex == 1:
        query = query.where(table.c.ledger_position.is_not(None))
    if unit is not None:
        query = query.where((table.c.reporting_unit if frame.annex == 1 else table.c.county) == unit)
    others = [other.sheet for other in frames if other.sheet != frame.sheet]
    if frame is frames[-1]:
        query = query.where(table.c.source_sheet.not_in(others))
    else:
        query = query.where(table.c.source_sheet == frame.sheet)
    rows = connection.execute(query.execution_options(stream_results=True, yield_per=_BATCH))
    yield from map(_area_row, rows) if frame.annex == 1 else _problem_rows(rows)


def _area_row(row: Row[Any]) -> FormRow:
    entry = LedgerEntry(
        row=row.source_row or 0,
        seq=row.ledger_seq,
        area_name=row.name,
        community_names=tuple(row.community_names),
        division_text="",
        county=row.reporting_unit,
        street=row.street,
        neighborhood=row.neighborhood,
        abuttals_text=row.abuttals_text,
        service_form=ServiceForm.numbered(row.service_form) if row.service_form else None,
        committee=CommitteeState.numbered(row.committee) if row.committee else None,
        party_coverage=PartyCoverage.numbered(row.party_coverage) if row.party_coverage else None,
        company=row.company,
        manager=row.manager,
        manager_phone=row.manager_phone,
        fee_rate=row.fee_rate,
    )
    return FormRow(as_written(1, from_json(row.written), area_cells(entry)), beside=row.code)


def _sheet_row(row: Row[Any]) -> tuple[object, ...]:
    """What is the same for problems of one row of a sheet; a report from the spot stood in none."""
    return row.batch_id, row.source_sheet, row.source_row, row.id if row.source_row is None else None


def _problem_rows(rows: Iterable[Row[Any]]) -> Iterator[FormRow]:
    """A row of the form for the problems, one a category, that one row of a sheet became."""
    for _, group in groupby(rows, _sheet_row):
        together = list(group)
        first = together[0]
        entry = ProblemEntry(
            row=first.source_row or 0,
            seq=first.seq,
            project_name=first.project_name,
            county=first.county,
            company=first.company,
            categories=tuple(row.category for row in together),
            content=first.content,
            progress=first.progress,
            responsible=first.responsible,
            deadline=first.deadline,
            deadline_text=first.deadline_text,
            closed=first.closed,
            remark=first.remark,
        )
        yield FormRow(with_decisions(as_written(2, from_json(first.written), problem_cells(entry)), together))
