"""What is known of areas and problems goes in, rows of the official forms come out, cell for cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gis_service.codes import CommitteeState, PartyCoverage, ProblemCategory, ServiceForm
from gis_service.ledger.cells import CellValue
from gis_service.ledger.coded import Code
from gis_service.ledger.columns import FORMS, TITLES, Annex
from gis_service.ledger.entries import LedgerEntry, ProblemEntry, SheetFrame
from gis_service.ledger.written import Written

Cell = CellValue | None
Cells = Sequence[Cell]


@dataclass(frozen=True)
class FormRow:
    """A row of a form: `wrong` columns (from 0) are red, `beside` stands in a further column, as does the `reason`."""

    cells: Cells
    wrong: frozenset[int] = frozenset()
    reason: str = ""
    beside: str = ""


@dataclass(frozen=True)
class FormSheet:
    """A sheet to write: what stands around the rows, the rows, the title of what stands beside; reasons or none."""

    frame: SheetFrame
    rows: Iterable[FormRow] = field(repr=False)
    beside: str = ""
    with_reasons: bool = False


def official_frame(annex: Annex) -> SheetFrame:
    """Title and note of the form as it is printed, the code lists in the note."""
    return SheetFrame(annex, f"附件{annex}", ([TITLES[annex]],), ([f"说明：{_codes(annex)}。"],))


def area_cells(entry: LedgerEntry) -> Cells:
    """The row of 附件1 that says what is known of the area."""
    division = entry.division_text or "、".join(filter(None, (entry.county, entry.street, entry.neighborhood)))
    return (
        entry.seq,
        entry.area_name,
        "、".join(entry.community_names),
        division,
        entry.abuttals_text,
        _code(entry.service_form),
        _code(entry.committee),
        _code(entry.party_coverage),
        _people(entry),
        entry.fee_rate,
    )


def problem_cells(entry: ProblemEntry) -> Cells:
    """The row of 附件2 that says what is known of the problem."""
    return (
        entry.seq,
        entry.project_name,
        entry.county,
        entry.company,
        "、".join(str(category) for category in entry.categories),
        entry.content,
        entry.progress,
        entry.responsible,
        entry.deadline_text or deadline_words(entry.deadline),
        closed_words(entry.closed),
        entry.remark,
    )


def as_written(annex: Annex, written: Written, composed: Cells) -> list[Cell]:
    """The row with every cell as its sheet had it; what the sheet had in other columns (split ones) is composed.

    >>> as_written(2, {"seq": 1.0, "project_name": "阳光 花园"}, (1, "阳光花园", "迎江区", *[""] * 8))[:3]
    [1.0, '阳光 花园', None]
    """
    if not written:
        return list(composed)
    return [
        written.get(column.key, None if written.keys().isdisjoint(column.parts) else cell)
        for column, cell in zip(FORMS[annex], composed, strict=True)
    ]


def deadline_words(day: dt.date | None) -> str:
    """The day as the forms write it; empty without one."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def closed_words(closed: bool | None) -> str | None:
    """是否销号 as the forms write it."""
    return None if closed is None else "是" if closed else "否"


def _code(code: int | None) -> int | None:
    return None if code is None else int(code)


def _people(entry: LedgerEntry) -> str:
    manager = " ".join(filter(None, (entry.manager, entry.manager_phone)))
    return "\n".join(filter(None, (entry.company, f"项目负责人：{manager}" if manager else "")))


def _codes(annex: Annex) -> str:
    if annex == 2:
        return f"问题类别：{'、'.join(f'{int(code)} {code.words}' for code in ProblemCategory)}"
    lists = (
        _code_list("物业服务形态", ServiceForm),
        _code_list("业主委员会组建情况", CommitteeState),
        _code_list("党的工作覆盖情况", PartyCoverage),
    )
    return "；".join(lists)


def _code_list(title: str, codes: type[Code]) -> str:
    return f"{title}：{'、'.join(f'{int(code)} {code.words}' for code in codes)}"
