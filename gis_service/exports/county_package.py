"""A reporting unit and a day in; what it hands in for the month, in one zip, out: forms, figures, maps, GeoJSON."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from sqlalchemy import Connection

from gis_service import clock
from gis_service.access import PLANNER
from gis_service.analysis.coverage import RATES, summed
from gis_service.analysis.tallies import KEYS
from gis_service.codes import DeadlineState, ProblemState
from gis_service.errors import BadRequestError, NotFoundError
from gis_service.exports.county_sheets import county_sheets
from gis_service.exports.extracting import extract
from gis_service.exports.formats import FORMATS
from gis_service.exports.ledgers import ledger_file_name, write_ledger
from gis_service.exports.map_sheet import write_map_sheets
from gis_service.exports.readable import Value
from gis_service.exports.workbook import write_sheets
from gis_service.exports.writing import export_layer
from gis_service.layers import Layer
from gis_service.ledger.columns import Annex
from gis_service.store.rectification import Wanted, by_unit

_FIGURES = {
    "name": "区划",
    "communities": "小区数",
    "covered": "有物业服务",
    "uncovered": "失管",
    "declared": "其中 台账登记无物管",
    "lost": "其中 物业撤离",
    "spatial": "其中 不在现行管理区域内",
    "coverage_rate": "物业服务覆盖率",
    "area_rows": "台账行数",
    "committee_rate": "业委会组建率",
    "party_rate": "党的工作覆盖率",
    "fee_rate_mean": "平均收缴率",
    "problems_open": "未销号问题",
    "problems_closed": "已销号问题",
}
_UNCOVERED = {
    "code": "小区编号",
    "name": "小区",
    "street": "街道",
    "neighborhood": "社区",
    "reason_words": "原因",
    "evidence": "依据",
}
_RECTIFIED = {
    "unit": "责任单位",
    "total": "问题数",
    **{str(state): state.words for state in ProblemState},
    **{str(due): due.words for due in DeadlineState if due is not DeadlineState.CLOSED},
    "new": "本月新增",
    "did_report_done": "本月申报完成",
    "did_close": "本月销号",
    "did_reopen": "本月重新打开",
}
_GEOJSON = {"management_areas": "物业管理区域", "communities": "住宅小区", "problems": "问题"}


@dataclass(frozen=True)
class PackageOrder:
    """What is asked for and known: `day` is the last day of the month, or today within it.

    `tallies` and `reasons` are those of the whole city on that day, the tallies under the definition in `definition`.
    """

    unit: str
    day: dt.date
    city: str
    review_number: str
    due_soon_days: int
    definition: str
    layers: Mapping[str, Layer]
    tallies: pd.DataFrame
    reasons: pd.DataFrame
    divisions: pd.DataFrame

    @property
    def month(self) -> str:
        """The month as people write it."""
        return f"{self.day.year}年{self.day.month}月"

    @property
    def own(self) -> pd.DataFrame:
        """The tallies of the unit."""
        return self.tallies[self.tallies[KEYS["reporting_unit"]] == self.unit]


def month_end(text: str, today: dt.date) -> dt.date:
    """The last day of a month such as 2023-07, or today where it has not passed; BadRequestError for another text.

    >>> month_end("2023-07", dt.date(2023, 8, 3)), month_end("2023-08", dt.date(2023, 8, 3))
    (datetime.date(2023, 7, 31), datetime.date(2023, 8, 3))
    """
    try:
        first = dt.date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise BadRequestError("月份应写成 2023-07 这样") from error
    if first > today:
        raise BadRequestError(f"{text} 还没有到")
    return min(today, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1))


def package_name(unit: str, day: dt.date) -> str:
    """The name of the zip.

    >>> package_name("怀宁县", dt.date(2023, 7, 31))
    '怀宁县_住宅物业管理月报_202307.zip'
    """
    return f"{unit}_住宅物业管理月报_{day:%Y%m}.zip"


def write_package(connection: Connection, order: PackageOrder, out: Path) -> list[str]:
    """The zip holds everything; the names of its files. NotFoundError for a unit that has neither rows nor communities.

    It has names and phones in it, as the two forms do: for those who may see the ledgers of the unit.
    """
    if order.own.empty:
        known = sorted(set(order.tallies[KEYS["reporting_unit"]]) - {"", "未知"})
        raise NotFoundError(f"没有填报单位“{order.unit[:40]}”，可用：{'、'.join(known)}")
    with TemporaryDirectory(prefix="gis-service-package-") as folder:
        notes = [note for write in _PARTS for note in write(connection, order, Path(folder))]
        (Path(folder) / "说明.txt").write_text(_explained(order, notes), encoding="utf-8-sig", newline="\r\n")
        files = sorted(Path(folder).iterdir())
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in files:
                packed.write(file, file.name)
    return [file.name for file in files]


def _forms(connection: Connection, order: PackageOrder, folder: Path) -> Iterator[str]:
    annexes: tuple[Annex, ...] = (1, 2)
    for annex in annexes:
        name = ledger_file_name(annex, order.unit, f"{order.day:%Y%m%d}", ".xlsx")
        try:
            count = write_ledger(connection, annex, folder / name, order.unit, day=order.day)
        except NotFoundError:
            yield f"附件{annex}：没有报过"
        else:
            yield f"{name}：{count} 行，截至 {order.day} 的台账"


def _figures(_connection: Connection, order: PackageOrder, folder: Path) -> Iterator[str]:
    whole = summed(order.own, order.divisions, ["reporting_unit"])
    streets = summed(order.own, order.divisions, ["street"])
    rows = pd.concat([whole[whole["code"] == order.unit], streets[streets["communities"] + streets["area_rows"] > 0]])
    name = f"覆盖统计_{order.unit}_{order.day:%Y%m}.xlsx"
    lines = [[_plain(row[key]) for key in _FIGURES] for row in rows.to_dict("records")]
    shares = [_FIGURES[key] for key in RATES if key in _FIGURES]
    write_sheets(folder / name, "覆盖统计", [*_FIGURES.values()], lines, _about(order), shares)
    yield f"{name}：全单位与各街道、乡镇"


def _uncovered(_connection: Connection, order: PackageOrder, folder: Path) -> Iterator[str]:
    rows = order.reasons[order.reasons["reporting_unit"] == order.unit]
    name = f"失管小区_{order.unit}_{order.day:%Y%m}.xlsx"
    lines = [[_plain(row[key]) for key in _UNCOVERED] for row in rows.to_dict("records")]
    write_sheets(folder / name, "失管小区", [*_UNCOVERED.values()], lines, _about(order))
    yield f"{name}：{rows['community_id'].nunique()} 个小区，一个小区有几种原因的各占一行"


def _rectified(connection: Connection, order: PackageOrder, folder: Path) -> Iterator[str]:
    wanted = Wanted(order.day, order.due_soon_days, place=order.unit)
    rows = by_unit(connection, wanted, order.day.replace(day=1), order.day)
    name = f"问题整改_{order.unit}_{order.day:%Y%m}.xlsx"
    lines = [[row.unit or "未写明", *(int(row._mapping[key]) for key in [*_RECTIFIED][1:])] for row in rows]
    lines.append(["合计", *(sum(numbers) for numbers in zip(*(line[1:] for line in lines), strict=True))])
    about = [*_about(order), ("期间", f"{order.day.replace(day=1)} 至 {order.day}")]
    write_sheets(folder / name, "问题整改", [*_RECTIFIED.values()], lines, about)
    yield f"{name}：按责任单位"


def _maps(connection: Connection, order: PackageOrder, folder: Path) -> Iterator[str]:
    name = f"专题图_{order.unit}_{order.day:%Y%m}.pdf"
    sheets = county_sheets(connection, order.unit, order.day, order.layers, order.reasons)
    foot = [f"制图日期 {clock.today()}", f"数据截至 {order.day}", f"来源：{order.city}住宅物业管理台账"]
    foot.append(f"审图号：{order.review_number}" if order.review_number else "未取得审图号，仅供内部使用")
    write_map_sheets((sheet.with_foot(foot, order.definition) for sheet in sheets), folder / name)
    yield f"{name}：A3，物业服务覆盖图、问题与消防隐患图"


def _geojson(connection: Connection, order: PackageOrder, folder: Path) -> Iterator[str]:
    for layer_id, title in _GEOJSON.items():
        name = f"{title}_{order.unit}_{order.day:%Y%m}.geojson"
        field = "county" if layer_id == "problems" else "reporting_unit"
        taken = extract(order.layers[layer_id], PLANNER, equals=((field, order.unit),), as_of=order.day)
        written = export_layer(connection, taken, FORMATS["geojson"], folder / name)
        yield f"{name}：{written.count} 个，CGCS2000 经纬度，不含姓名和电话"


_PARTS: tuple[Callable[[Connection, PackageOrder, Path], Iterator[str]], ...] = (
    _forms,
    _figures,
    _uncovered,
    _rectified,
    _maps,
    _geojson,
)


def _about(order: PackageOrder) -> list[tuple[str, Value]]:
    return [("填报单位", order.unit), ("数据截至", f"{order.day}"), ("口径", order.definition)]


def _plain(value: object) -> Value:
    if isinstance(value, list):
        return "；".join(map(str, value))
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return value.item() if hasattr(value, "item") else str(value)


def _explained(order: PackageOrder, notes: list[str]) -> str:
    head = [f"{order.unit}住宅物业管理月报　{order.month}", f"数据截至 {order.day}；{order.definition}"]
    tail = ["附件1、附件2 含姓名和电话，请妥善保管，不要在网上公开。"]
    return "\n".join([*head, "", *notes, "", *tail]) + "\n"
