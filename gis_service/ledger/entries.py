"""Rows of the two ledgers as facts: what stood in the sheet, with codes and numbers understood."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gis_service.codes import CommitteeState, PartyCoverage, ServiceForm
from gis_service.issues import Issue
from gis_service.ledger.cells import CellValue
from gis_service.ledger.columns import Annex
from gis_service.ledger.written import Written

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class LedgerEntry:
    """One row of 附件1: a property management area as the county wrote it. None: the cell did not say."""

    row: int  # as Excel numbers it, from 1
    seq: int | None  # 序号
    area_name: str  # 物业管理区域名称
    community_names: tuple[str, ...]  # 小区名称, one or several in the cell
    division_text: str  # 所在市县(区)、街道、社区, as written
    county: str  # the reporting unit; may be 经开区 or 高新区
    street: str
    neighborhood: str
    abuttals_text: str  # 四至范围, 同上 already replaced by the row above
    service_form: ServiceForm | None
    committee: CommitteeState | None
    party_coverage: PartyCoverage | None
    company: str
    manager: str  # personal data
    manager_phone: str  # personal data
    fee_rate: float | None  # 0–1
    raw: dict[str, str] = field(default_factory=dict)  # column title → text as written
    written: Written = field(default_factory=dict, compare=False)  # cells as written, 同上 and merged cells filled in
    sheet: str = field(default="", compare=False)
    area_code: str = ""  # 区域编号, which the form lacks and a county may add


@dataclass(frozen=True)
class ProblemEntry:
    """One row of 附件2: a problem found, its measures and whether it is closed (销号)."""

    row: int
    seq: int | None
    project_name: str  # 项目名称
    county: str  # 所在区县
    company: str
    categories: tuple[int, ...]  # 问题类别, 1–22 and what counties add to group 5
    content: str  # 问题内容
    progress: str  # 整改措施进展情况
    responsible: str  # 责任单位/人; personal data
    deadline: dt.date | None  # 整改完成时限
    deadline_text: str
    closed: bool | None  # 是否销号
    remark: str
    raw: dict[str, str] = field(default_factory=dict)
    written: Written = field(default_factory=dict, compare=False)
    sheet: str = field(default="", compare=False)


@dataclass(frozen=True)
class SheetFrame:
    """What stands around the rows of a sheet: the lines above the header (title, unit, date) and the notes below."""

    annex: Annex
    sheet: str
    above: tuple[list[CellValue], ...] = ()
    notes: tuple[list[CellValue], ...] = ()


@dataclass(frozen=True)
class LedgerReading(Generic[Entry]):
    """All good rows of a workbook, and every issue with the place to mend it; nothing is dropped silently."""

    file: str
    sheet: str
    entries: tuple[Entry, ...]
    issues: tuple[Issue, ...]
    frames: tuple[SheetFrame, ...] = ()
