"""Rows of 附件1 become `LedgerEntry` facts; a value that cannot be understood becomes None and a finding."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gis_service.codes import CommitteeState, PartyCoverage, ServiceForm
from gis_service.ledger.cells import digest, says_nothing, sequence_number
from gis_service.ledger.coded import Code, choices, one_code
from gis_service.ledger.context import Context
from gis_service.ledger.division import DivisionNames, split_division
from gis_service.ledger.entries import LedgerEntry
from gis_service.ledger.names import community_names
from gis_service.ledger.people import CompanyAndManager, phone_number, split_people
from gis_service.ledger.percent import share
from gis_service.ledger.table import Row

_SIDES = {"east": "东", "south": "南", "west": "西", "north": "北"}


def ledger_entry(row: Row, context: Context) -> LedgerEntry | None:
    """The entry of the row, or None when it names neither area, community nor 四至 (then with an error)."""
    area_name, communities = _name(row, "area_name"), community_names(row.short("community") and row.long("community"))
    abuttals = _abuttals(row)
    if not (area_name or communities or abuttals):
        row.findings.error(
            "row_empty",
            "没有物业管理区域名称、小区名称和四至范围，未读入；如有数据请补全，如是说明请移到表外",
            row.findings.place(row.number),
        )
        return None
    _tell_missing(row, area_name, abuttals)
    division_text, division = _division(row, context)
    people = _people(row)
    return LedgerEntry(
        row=row.number,
        seq=row.understood("seq", sequence_number),
        area_name=area_name,
        community_names=communities,
        division_text=division_text,
        county=division.county,
        street=division.street,
        neighborhood=division.neighborhood,
        abuttals_text=abuttals,
        service_form=_code(row, "service_form", ServiceForm),
        committee=_code(row, "committee", CommitteeState),
        party_coverage=_code(row, "party_coverage", PartyCoverage),
        company=people.company,
        manager=people.manager,
        manager_phone=people.manager_phone,
        fee_rate=_fee_rate(row),
        raw=row.raw,
        written=row.written,
        sheet=row.findings.sheet,
        area_code=row.short("area_code").upper(),
    )


def _name(row: Row, key: str) -> str:
    text = row.short(key)
    return "" if says_nothing(text) else text


def _abuttals(row: Row) -> str:
    text = row.long("abuttals") if row.short("abuttals") else ""
    if text and not says_nothing(text):
        return text
    return "，".join(_side(word, side) for key, word in _SIDES.items() if (side := row.short(key)))


def _side(word: str, text: str) -> str:
    """A side from its own column, told with its compass word unless the cell says it already."""
    said = re.match(rf"{word}[面侧边]?(?:至|到|临|邻|接|靠|抵|起|以|与|为|：|:)", text)
    return text if said else f"{word}至{text.removeprefix('至')}"


def _tell_missing(row: Row, area_name: str, abuttals: str) -> None:
    if not area_name and "area_name" in row.header.columns:
        row.warn("area_name", "area_name_missing", "未填写物业管理区域名称")
    if not abuttals and not row.header.columns.keys().isdisjoint({"abuttals", *_SIDES}):
        row.warn("abuttals", "abuttals_missing", "未填写四至范围，无法落图")


def _division(row: Row, context: Context) -> tuple[str, DivisionNames]:
    parts = [row.short(key) for key in ("county", "street", "neighborhood")]
    text = row.long("division") if row.short("division") else "、".join(part for part in parts if part)
    split = split_division(text)
    names = DivisionNames(
        split_division(parts[0]).county or split.county, parts[1] or split.street, parts[2] or split.neighborhood
    )
    if not names.county and context.county:
        row.note("division", "county_from_title", f"未填写市县(区)，按填报单位记为“{context.county}”")
        return text, DivisionNames(context.county, names.street, names.neighborhood)
    if not text and row.header.columns.keys() & {"division", "county"}:
        row.warn("division", "division_missing", "未填写所在市县(区)、街道、社区")
    elif text:
        _tell_division(row, text, names)
    return text, names


def _tell_division(row: Row, text: str, names: DivisionNames) -> None:
    levels = (("市县(区)", names.county), ("街道", names.street), ("社区", names.neighborhood))
    missing = "、".join(level for level, name in levels if not name)
    if missing:
        row.note("division", "division_incomplete", f"填写了“{text}”，看不出{missing}")


def _code(row: Row, key: str, codes: type[Code]) -> Code | None:
    if key in row.header.columns and not row.short(key):
        row.note(key, "code_missing", f"未填写，{choices(codes)}")
    return row.understood(key, lambda value: one_code(value, codes))


def _fee_rate(row: Row) -> float | None:
    return None if says_nothing(row.short("fee_rate")) else row.understood("fee_rate", share)


def _people(row: Row) -> CompanyAndManager:
    together = split_people(row.long("company_manager"))
    apart = split_people(row.short("company"))
    phone, bad = phone_number(row.short("manager_phone"))
    bad = bad or together.bad_phone or apart.bad_phone
    if bad:
        key = "manager_phone" if "manager_phone" in row.header.columns else "company_manager"
        row.warn(key, "phone_unreadable", f"填写了“{bad}”，不是 11 位手机号或带区号的座机号")
    return _first_of(CompanyAndManager(manager=_name(row, "manager"), manager_phone=phone), apart, together)


def _first_of(*readings: CompanyAndManager) -> CompanyAndManager:
    return CompanyAndManager(
        next((reading.company for reading in readings if reading.company), ""),
        next((reading.manager for reading in readings if reading.manager), ""),
        next((reading.manager_phone for reading in readings if reading.manager_phone), ""),
    )


@dataclass
class LedgerDuplicates:
    """Remembers 序号 and areas of a sheet and notes what stands there twice."""

    seqs: dict[int, int] = field(default_factory=dict)
    areas: dict[bytes, int] = field(default_factory=dict)

    def check(self, row: Row, entry: LedgerEntry) -> None:
        """Note a 序号 or an area that an earlier row has already."""
        if entry.seq is not None and "序号" in entry.raw:
            first = self.seqs.setdefault(entry.seq, entry.row)
            if first != entry.row:
                row.warn("seq", "seq_duplicate", f"序号 {entry.seq} 与第 {first} 行重复，两行都已保留")
        identity = (entry.area_name, *entry.community_names, entry.county, entry.street, entry.abuttals_text)
        first = self.areas.setdefault(digest(identity), entry.row)
        if first != entry.row:
            row.note("area_name", "row_duplicate", f"与第 {first} 行的物业管理区域相同，两行都已保留，请核对")
