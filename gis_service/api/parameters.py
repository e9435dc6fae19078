"""Query strings in, checked values out; BadRequestError says in Chinese what may be written."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from shapely.geometry.base import BaseGeometry
from starlette.datastructures import QueryParams

from gis_service import clock
from gis_service.crs import REFERENCES, Reference, box_to_lonlat
from gis_service.errors import BadRequestError
from gis_service.store.features import SortKey

_NUMBER = re.compile(r"[+-]?(\d{1,12}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,19}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_OPEN = ("", "..")
_NO_TIME = (
    "datetime 应为日期、时刻或起止（前不晚于后），例如 2023-07-15、2023-07-15T08:00:00+08:00、"
    "2023-01-01/2023-07-15、../2023-07-15"
)
_MOST_OFFSET = 2**63 - 1  # what the database can count
_LONGEST_VALUE = 200


class Bbox(NamedTuple):
    """A box in degrees of longitude and latitude, edges included."""

    west: float
    south: float
    east: float
    north: float


def parse_bbox(text: str) -> Bbox:
    """The box that `西,南,东,北` says, in degrees.

    >>> parse_bbox("117,30.5,117.2,30.6")
    Bbox(west=117.0, south=30.5, east=117.2, north=30.6)
    """
    parts = text.split(",")
    if len(parts) != len(Bbox._fields) or not all(_NUMBER.fullmatch(part.strip()) for part in parts):
        raise BadRequestError("bbox 应为“西,南,东,北”四个经纬度数字，例如 bbox=116.9,30.4,117.2,30.6")
    box = Bbox(*(float(part) for part in parts))
    if not all(math.isfinite(value) for value in box):
        raise BadRequestError("bbox 中有无法表示的数字")
    if not (-180 <= box.west <= 180 and -180 <= box.east <= 180 and -90 <= box.south <= 90 and -90 <= box.north <= 90):
        raise BadRequestError("bbox 超出经纬度范围（经度 -180 至 180，纬度 -90 至 90）")
    if box.west > box.east or box.south > box.north:
        raise BadRequestError("bbox 的西应不大于东，南应不大于北")
    return box


def parse_box(text: str, reference: Reference) -> BaseGeometry:
    """The box that bbox says in the reference system, axes in its own order, as lon/lat; heights are passed over.

    >>> parse_box("30.5,117,30.6,117.2", REFERENCES["http://www.opengis.net/def/crs/EPSG/0/4490"]).bounds
    (117.0, 30.5, 117.2, 30.6)
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) not in (4, 6) or not all(_NUMBER.fullmatch(part) for part in parts):
        raise BadRequestError("bbox 应为“西,南,东,北”四个经纬度数字，例如 bbox=116.9,30.4,117.2,30.6")
    numbers = [float(part) for part in parts]
    if not all(map(math.isfinite, numbers)):
        raise BadRequestError("bbox 中有无法表示的数字")
    try:
        box = box_to_lonlat(numbers[:2], numbers[len(numbers) // 2 :][:2], reference)
    except ValueError as error:
        raise BadRequestError("bbox 的南应不大于北，投影坐标的西应不大于东；坐标次序依 bbox-crs 的规定") from error
    west, south, east, north = box.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadRequestError("bbox 超出经纬度范围（经度 -180 至 180，纬度 -90 至 90）；坐标次序依 bbox-crs 的规定")
    return box


def parse_reference(name: str, text: str) -> Reference:
    """The reference system of that address; BadRequestError lists those there are."""
    if text not in REFERENCES:
        raise BadRequestError(f"{name} 不认识这个坐标系，可用：{'、'.join(REFERENCES)}")
    return REFERENCES[text]


def parse_as_of(text: str, today: dt.date) -> dt.date:
    """The day that `datetime` means (Beijing time): that of an instant, or the last one of an interval.

    An interval without an end is read up to today, or its own start if that is later.

    >>> parse_as_of("2023-07-15T18:00:00Z", dt.date(2024, 1, 1)), parse_as_of("2023-07-15/..", dt.date(2024, 1, 1))
    (datetime.date(2023, 7, 16), datetime.date(2024, 1, 1))
    """
    start, *rest = text.split("/")
    ends = [None if end in _OPEN else _moment(end) for end in (start, *rest)]
    known = [end for end in ends if end is not None]
    if len(ends) > 2 or not known or (len(ends) == 1 and start in _OPEN) or known != sorted(known):
        raise BadRequestError(_NO_TIME)
    if ends[-1] is None:
        return max(today, known[0].date())
    return known[-1].date()


def _moment(text: str) -> dt.datetime:
    try:
        if _DAY.fullmatch(text):
            return dt.datetime.fromisoformat(text).replace(tzinfo=clock.BEIJING)
        if _INSTANT.fullmatch(text):
            return dt.datetime.fromisoformat(text.upper()).astimezone(clock.BEIJING)
    except (ValueError, OverflowError):
        pass
    raise BadRequestError(_NO_TIME)


def parse_sorting(text: str, known: Collection[str]) -> tuple[SortKey, ...]:
    """The sort keys of `-area_m2,name`: a minus for the largest first; BadRequestError lists what may be named.

    >>> parse_sorting("-area_m2,+name", ("name", "area_m2"))
    (SortKey(name='area_m2', descending=True), SortKey(name='name', descending=False))
    """
    # a plus that was not written as %2B arrives as a space
    keys = tuple(SortKey(part.strip().lstrip("+-"), part.strip().startswith("-")) for part in text.split(","))
    names = [key.name for key in keys]
    if not set(names) <= set(known) or len(set(names)) < len(names):
        raise BadRequestError(f"sortby 应为下列字段，每个至多一次，降序的前面加减号：{'、'.join(known)}")
    return keys


def parse_degrees(text: str) -> float | None:
    """A finite number as people write one; None for anything else.

    >>> parse_degrees("117.05"), parse_degrees("1_0"), parse_degrees("nan"), parse_degrees("1e999")
    (117.05, None, None, None)
    """
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def parse_limit(text: str, most: int) -> int:
    """How many features to give: at least 1, and never more than `most` (OGC API – Features 7.15.2)."""
    if not _WHOLE.fullmatch(text) or int(text) < 1:
        raise BadRequestError(f"limit 应为 1 至 {most} 的整数")
    return min(int(text), most)


def parse_choice(name: str, given: Mapping[str, str], choices: Sequence[str]) -> str:
    """The choice that is given under the name, the first of all if none is."""
    chosen = given.get(name, choices[0])
    if chosen not in choices:
        raise BadRequestError(f"{name} 应为 {'、'.join(choices)} 之一")
    return chosen


def parse_offset(text: str, name: str = "offset") -> int:
    """How many features to skip, or after which number to go on."""
    if not _WHOLE.fullmatch(text) or int(text) > _MOST_OFFSET:
        raise BadRequestError(f"{name} 应为不小于 0 的整数")
    return int(text)


def parse_day(name: str, text: str) -> dt.date:
    """The day written as 2023-07-15."""
    try:
        if _DAY.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise BadRequestError(f"{name} 应为日期，例如 {name}=2023-07-15")


def parse_names(text: str) -> tuple[str, ...]:
    """Names separated by commas, in their order; of empty places nothing is made.

    >>> parse_names("name, code,")
    ('name', 'code')
    """
    return tuple(name.strip() for name in text.split(",") if name.strip())


def parse_yes(name: str, given: Mapping[str, str]) -> bool:
    """Whether the parameter says true; false where it is not given."""
    text = given.get(name, "false").lower()
    if text not in ("true", "false"):
        raise BadRequestError(f"{name} 应为 true 或 false")
    return text == "true"


def single_values(given: QueryParams, known: Iterable[str], long: Collection[str] = ()) -> dict[str, str]:
    """Each parameter with its one value; BadRequestError for one that is unknown, repeated or not text.

    Those in `long` may be of any length: whoever reads them has a limit of their own.
    """
    allowed = tuple(known)
    for name, value in given.multi_items():
        if name not in allowed:
            raise BadRequestError(f"没有参数 {_shown(name)}，可用：{'、'.join(allowed)}")
        if len(given.getlist(name)) > 1:
            raise BadRequestError(f"参数 {name} 只能给出一次")
        if "\x00" in value or (len(value) > _LONGEST_VALUE and name not in long):
            raise BadRequestError(f"参数 {name} 的值含有不可用的字符或过长（最多 {_LONGEST_VALUE} 字）")
    return dict(given)


def _shown(name: str) -> str:
    return name if name.isprintable() and len(name) <= 40 else "（无法显示）"
