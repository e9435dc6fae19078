"""Rows of 附件2 become `ProblemEntry` facts; a value that cannot be understood becomes None and a finding."""

from __future__ import annotations

from dataclasses import dataclass, field

from gis_service.ledger.cells import digest, says_nothing, sequence_number, yes_or_no
from gis_service.ledger.coded import problem_categories
from gis_service.ledger.context import Context
from gis_service.ledger.deadlines import deadline
from gis_service.ledger.division import split_division
from gis_service.ledger.entries import ProblemEntry
from gis_service.ledger.table import Row


def problem_entry(row: Row, context: Context) -> ProblemEntry | None:
    """The entry of the row, or None when it names neither project nor content (then with an error)."""
    project, content = row.short("project_name"), row.long("content")
    if not (project or content):
        row.findings.error(
            "row_empty",
            "没有项目名称和问题内容，未读入；如有数据请补全，如是说明请移到表外",
            row.findings.place(row.number),
        )
        return None
    _tell_missing(row, project)
    return ProblemEntry(
        row=row.number,
        seq=row.understood("seq", sequence_number),
        project_name=project,
        county=_county(row, context),
        company="" if says_nothing(row.short("company")) else row.short("company"),
        categories=row.understood("category", problem_categories) or (),
        content=content,
        progress=row.long("progress"),
        responsible=_responsible(row),
        deadline=row.understood("deadline", lambda value: deadline(value, context.year)),
        deadline_text=row.long("deadline"),
        closed=row.understood("closed", yes_or_no),
        remark=row.long("remark"),
        raw=row.raw,
        written=row.written,
        sheet=row.findings.sheet,
    )


def _tell_missing(row: Row, project: str) -> None:
    if not project and "project_name" in row.header.columns:
        row.warn("project_name", "project_name_missing", "未填写项目名称")
    if "category" in row.header.columns and not row.short("category"):
        row.warn("category", "category_missing", "未填写，可填 1–22 的数字")
    if "closed" in row.header.columns and not row.short("closed"):
        row.note("closed", "closed_missing", "未填写，可填 是 或 否")


def _county(row: Row, context: Context) -> str:
    text = row.short("county")
    county = split_division(text).county
    if not county and context.county:
        row.note("county", "county_from_title", f"未填写所在区县，按填报单位记为“{context.county}”")
        return context.county
    if not county and "county" in row.header.columns:
        row.warn("county", "county_missing", "未填写所在区县")
    return county


def _responsible(row: Row) -> str:
    parts = (row.long("responsible"), row.short("responsible_unit"), row.short("responsible_person"))
    return " ".join(dict.fromkeys(part for part in parts if part))


@dataclass
class ProblemDuplicates:
    """Remembers 序号 and problems of a sheet and notes what stands there twice."""

    seqs: dict[int, int] = field(default_factory=dict)
    problems: dict[bytes, int] = field(default_factory=dict)

    def check(self, row: Row, entry: ProblemEntry) -> None:
        """Note a 序号 or a problem that an earlier row has already."""
        if entry.seq is not None and "序号" in entry.raw:
            first = self.seqs.setdefault(entry.seq, entry.row)
            if first != entry.row:
                row.warn("seq", "seq_duplicate", f"序号 {entry.seq} 与第 {first} 行重复，两行都已保留")
        identity = (entry.project_name, entry.county, entry.categories, entry.content)
        first = self.problems.setdefault(digest(identity), entry.row)
        if first != entry.row:
            row.note("project_name", "row_duplicate", f"与第 {first} 行的问题相同，两行都已保留，请核对")
