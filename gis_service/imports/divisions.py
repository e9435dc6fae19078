"""Divisions from a code list (CSV) or with their ground (GeoJSON, GPKG, SHP)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from gis_service.codes import REPORTING_UNITS, DivisionLevel
from gis_service.imports.fields import Fields
from gis_service.imports.report import Job, Outcome, outcome_of
from gis_service.imports.uniqueness import first_of_each
from gis_service.imports.vector import Feature, Shape, read_features
from gis_service.issues import Issue, Severity, Where
from gis_service.store.staging import Row
from gis_service.store.tables import Division
from gis_service.store.upsert import Rule, upsert

_RULE = Rule(key="code", keep=frozenset({"geom", "reporting_unit", "parent_code"}))
_LEVEL_OF_LENGTH = {6: DivisionLevel.COUNTY, 9: DivisionLevel.STREET, 12: DivisionLevel.NEIGHBORHOOD}
_LIST_LEVELS = (("area_code", "area"), ("street_code", "street"), ("village_code", "village"))

_INHERIT = text("""
update divisions d set reporting_unit = found.unit
from (
  select own.code, coalesce(street.reporting_unit, county.reporting_unit, county.name) as unit
  from divisions own
  join divisions county on county.level = 'county' and county.code = left(own.code, 6)
  left join divisions street on street.level = 'street' and street.code = left(own.code, 9)
  where own.reporting_unit is null
) found
where found.code = d.code
""")


def import_divisions(job: Job) -> Outcome:
    """Divisions by code; a list without ground leaves the ground that is known."""
    is_list = job.path.suffix.lower() == ".csv"
    rows, issues = _listed(job) if is_list else _drawn(job)
    kept, repeated = first_of_each(rows, "code", job.path.name)
    changes = upsert(job.connection, Division, kept, _RULE)
    job.connection.execute(_INHERIT)
    errors = sum(issue.severity is Severity.ERROR for issue in issues)
    return outcome_of(changes, rejected=errors + len(repeated), issues=[*issues, *repeated])


def _row(code: str, name: str, *, job: Job, parent: str | None = None) -> dict[str, object]:
    level = _LEVEL_OF_LENGTH[len(code)]
    above = {DivisionLevel.STREET: 6, DivisionLevel.NEIGHBORHOOD: 9}.get(level)
    return {
        "code": code,
        "name": name,
        "level": str(level),
        "parent_code": parent or (code[:above] if above else None),
        "reporting_unit": REPORTING_UNITS.get(code),
        "sample": job.sample,
        "geom": None,
    }


def _is_code(code: str) -> bool:
    return code.isascii() and code.isdigit() and len(code) in _LEVEL_OF_LENGTH


def _listed(job: Job) -> tuple[list[Row], list[Issue]]:
    """Counties, streets and 社区 of a list: area_code, area, street_code, street, village_code, village."""
    name = job.path.name
    lines = csv.DictReader(io.StringIO(_decoded(job.path)))
    missing = [title for pair in _LIST_LEVELS for title in pair if title not in (lines.fieldnames or ())]
    if missing:
        text_ = f"缺少列 {'、'.join(missing)}"
        return [], [Issue("column_missing", text_, Severity.ERROR, Where(file=name, row=1))]
    rows: dict[str, Row] = {}
    issues: list[Issue] = []
    for line in lines:
        for code, division in _levels(line):
            if not _is_code(code) or not division:
                where = Where(file=name, row=lines.line_num)
                issues.append(
                    Issue("division_code", f"“{code}”不是 6、9 或 12 位区划代码，或缺少名称", Severity.ERROR, where)
                )
                continue
            rows.setdefault(code, _row(code, division, job=job))
    return list(rows.values()), issues


def _levels(line: dict[str, str]) -> Iterator[tuple[str, str]]:
    for code, name in _LIST_LEVELS:
        yield (line[code] or "").strip(), (line[name] or "").strip()


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


def _drawn(job: Job) -> tuple[list[Row], list[Issue]]:
    reading = read_features(job.path, Shape.SURFACES, required=False)
    rows: list[Row] = []
    issues = list(reading.issues)
    for feature in reading.features:
        fields = Fields(feature)
        row = _division(feature, fields, job)
        issues += fields.issues
        if row is not None:
            rows.append(row)
    return rows, issues


def _division(feature: Feature, fields: Fields, job: Job) -> Row | None:
    code, name = fields.text("code", "adcode"), fields.text("name")
    if not _is_code(code) or not name:
        fields.missing("code" if name else "name")
        return None
    row = _row(code, name, job=job, parent=fields.text("parent_code") or None)
    unit = fields.text("reporting_unit") or row["reporting_unit"]
    sample = job.sample or fields.flag("sample") is True
    return {**row, "reporting_unit": unit, "sample": sample, "geom": feature.geometry}
