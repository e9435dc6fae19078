"""Shapes in metres and words in; a map on one sheet of paper, as PDF, out: it reads in black and white too.

Drawn by fpdf2, so that a server without a browser can make it; nothing but a Chinese font is needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from fpdf import FPDF
from fpdf.drawing import PaintedPath
from fpdf.enums import IntersectionRule, PathPaintRule, StrokeCapStyle
from shapely import LineString, MultiLineString, MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.errors import SetupError

Hatch = Literal["diagonal", "back", "horizontal", "vertical", "cross"]
Sign = Literal["circle", "square", "triangle", "diamond", "cross"]
_FONTS = (  # path, number within a collection
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("C:/Windows/Fonts/simhei.ttf", 0),
    ("/System/Library/Fonts/PingFang.ttc", 0),
)
_PAPER_MM = (420.0, 297.0)  # A3, landscape
_MARGIN, _HEAD, _FOOT, _LEGEND = 10.0, 20.0, 14.0, 78.0
_HATCH_MM = 2.2  # between two lines of a hatch
_ANGLES: dict[Hatch, tuple[float, ...]] = {
    "diagonal": (45.0,),
    "back": (-45.0,),
    "horizontal": (0.0,),
    "vertical": (90.0,),
    "cross": (45.0, -45.0),
}
_MOST_POINTS = 400_000  # of one sheet: more than a printer shows


@dataclass(frozen=True)
class Ink:
    """How shapes of one kind are drawn; colours as #rrggbb, widths in mm of paper. Without a title: no legend."""

    title: str = ""
    fill: str | None = None
    stroke: str | None = None
    width: float = 0.25
    dash: tuple[float, float] | None = None
    hatch: Hatch | None = None
    hatch_color: str = "#222222"
    opacity: float = 1.0
    sign: Sign | None = None  # of points


@dataclass(frozen=True)
class Stratum:
    """Shapes in metres that are drawn alike, and how many they stand for, as the legend says."""

    ink: Ink
    shapes: Sequence[BaseGeometry]
    number: int | None = None


@dataclass(frozen=True)
class MapSheet:
    """What stands on the sheet: strata from the ground up, what must be wholly on it, words around the map."""

    title: str
    extent: BaseGeometry
    strata: Sequence[Stratum]
    labels: Sequence[tuple[Point, str]] = ()
    notes: Sequence[str] = ()
    foot: Sequence[str] = ()


@dataclass(frozen=True)
class _Frame:
    """Turns metres into mm of paper, from the upper left; `mm_per_m` is the scale."""

    left: float
    top: float
    width: float
    height: float
    west: float
    north: float
    mm_per_m: float

    @property
    def box(self) -> Polygon:
        """The ground that the map shows, in metres."""
        return shapely.box(
            self.west, self.north - self.height / self.mm_per_m, self.west + self.width / self.mm_per_m, self.north
        )

    def on_paper(self, shape: BaseGeometry) -> BaseGeometry:
        """The shape in mm of paper, cut at the frame, without what is too small to be printed."""
        cut = shapely.clip_by_rect(shape, *self.box.bounds)
        moved = shapely.transform(
            cut,
            lambda at: np.column_stack(
                (self.left + (at[:, 0] - self.west) * self.mm_per_m, self.top + (self.north - at[:, 1]) * self.mm_per_m)
            ),
        )
        return shapely.simplify(moved, 0.05)


def write_map_sheets(sheets: Iterable[MapSheet], out: Path) -> None:
    """The file has one page for each sheet; SetupError where the machine has no Chinese font."""
    pdf = FPDF(orientation="landscape", unit="mm", format="A3")
    pdf.set_auto_page_break(False)
    path, number = _font()
    pdf.add_font("cjk", fname=path, collection_font_number=number)
    for sheet in sheets:
        pdf.add_page()
        _draw(pdf, sheet)
    pdf.output(str(out))


def _font() -> tuple[str, int]:
    for path, number in _FONTS:
        if Path(path).is_file():
            return path, number
    raise SetupError("本机没有中文字体，不能做 PDF；Debian、Ubuntu 上请安装 fonts-noto-cjk")


def _draw(pdf: FPDF, sheet: MapSheet) -> None:
    frame = _frame(sheet.extent)
    points = 0
    for stratum in sheet.strata:
        for shape in stratum.shapes:
            placed = frame.on_paper(shape)
            points += int(shapely.get_num_coordinates(placed))
            if placed.is_empty or points > _MOST_POINTS:
                continue
            _shape(pdf, placed, stratum.ink)
    _labels(pdf, frame, sheet.labels)
    _neat(pdf, frame)
    _words(pdf, frame, sheet)
    _legend(pdf, frame, sheet.strata)
    _scale(pdf, frame)
    _north(pdf, frame)


def _frame(extent: BaseGeometry) -> _Frame:
    width = _PAPER_MM[0] - 2 * _MARGIN - _LEGEND
    height = _PAPER_MM[1] - 2 * _MARGIN - _HEAD - _FOOT
    west, south, east, north = extent.bounds
    mm_per_m = 0.94 * min(width / max(east - west, 1.0), height / max(north - south, 1.0))
    mm_per_m = 1000 / _round_up(1000 / mm_per_m)  # 1 : a round number
    middle = ((west + east) / 2, (south + north) / 2)
    return _Frame(
        *(_MARGIN, _MARGIN + _HEAD, width, height),
        *(middle[0] - width / mm_per_m / 2, middle[1] + height / mm_per_m / 2, mm_per_m),
    )


def _round_up(scale: float) -> float:
    """The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten.

    >>> _round_up(17_300.0), _round_up(41_000.0)
    (20000.0, 50000.0)
    """
    power = 10.0 ** math.floor(math.log10(scale))
    return next(step * power for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * power >= scale * 0.999999)


def _shape(pdf: FPDF, shape: BaseGeometry, ink: Ink) -> None:
    if isinstance(shape, Point | MultiPoint):
        for x, y in shapely.get_coordinates(shape):
            _sign(pdf, x, y, ink)
        return
    with pdf.new_path() as path:
        _style(path, ink, filled=bool(shapely.get_dimensions(shape) == 2))
        for line in _rings(shape):
            path.move_to(*line[0])
            for place in line[1:]:
                path.line_to(*place)
            if line[0] == line[-1]:
                path.close()
    if ink.hatch is not None and shapely.get_dimensions(shape) == 2:
        _hatch(pdf, shape, ink)


def _rings(shape: BaseGeometry) -> Iterator[list[tuple[float, float]]]:
    for part in shapely.get_parts(shape):
        lines = [part.exterior, *part.interiors] if isinstance(part, Polygon) else [part]
        for line in lines:
            if line.geom_type in ("LineString", "LinearRing") and len(line.coords) > 1:
                yield [(x, y) for x, y, *_ in line.coords]
            elif line.geom_type.startswith(("Multi", "Geometry")):
                yield from _rings(line)


def _style(path: PaintedPath, ink: Ink, *, filled: bool) -> None:
    fill = ink.fill if filled else None
    style = path.style
    style.fill_color, style.stroke_color = fill, ink.stroke
    style.fill_opacity = ink.opacity
    style.stroke_width = ink.width
    style.stroke_dash_pattern = list(ink.dash) if ink.dash else None
    style.stroke_cap_style = StrokeCapStyle.BUTT
    style.intersection_rule = IntersectionRule.EVENODD
    style.paint_rule = {
        (True, True): PathPaintRule.STROKE_FILL_EVENODD,
        (True, False): PathPaintRule.FILL_EVENODD,
        (False, True): PathPaintRule.STROKE,
        (False, False): PathPaintRule.DONT_PAINT,
    }[fill is not None, ink.stroke is not None]
    style.auto_close = False


def _hatch(pdf: FPDF, shape: BaseGeometry, ink: Ink) -> None:
    """Lines within the shape, at the same distances all over the sheet."""
    assert ink.hatch is not None  # noqa: S101 - asked by whoever calls
    for angle in _ANGLES[ink.hatch]:
        lines = shapely.intersection(_raster(shape.bounds, angle), shape)
        _shape(pdf, lines, Ink(stroke=ink.hatch_color, width=0.2))


def _raster(bounds: tuple[float, float, float, float], angle: float) -> MultiLineString:
    west, north, east, south = bounds
    along = np.array([math.cos(math.radians(angle)), -math.sin(math.radians(angle))])
    across = np.array([-along[1], along[0]])
    corners = np.array([[west, north], [east, north], [east, south], [west, south]])
    near, far = (corners @ across).min(), (corners @ across).max()
    start, end = (corners @ along).min() - 1, (corners @ along).max() + 1
    steps = np.arange(math.ceil(near / _HATCH_MM), math.floor(far / _HATCH_MM) + 1) * _HATCH_MM
    return MultiLineString([LineString([step * across + start * along, step * across + end * along]) for step in steps])


def _sign(pdf: FPDF, x: float, y: float, ink: Ink) -> None:
    half = 1.3
    corners: dict[Sign, list[tuple[float, float]]] = {
        "square": [(-half, -half), (half, -half), (half, half), (-half, half)],
        "triangle": [(0, -half * 1.2), (half * 1.2, half), (-half * 1.2, half)],
        "diamond": [(0, -half * 1.3), (half * 1.3, 0), (0, half * 1.3), (-half * 1.3, 0)],
        "circle": [
            (half * math.cos(at), half * math.sin(at)) for at in np.linspace(0, 2 * math.pi, 24, endpoint=False)
        ],
    }
    if ink.sign == "cross":
        arms = MultiLineString(
            [[(x - half, y - half), (x + half, y + half)], [(x - half, y + half), (x + half, y - half)]]
        )
        _shape(pdf, arms, Ink(stroke=ink.stroke or ink.fill, width=0.5))
        return
    _shape(pdf, Polygon([(x + dx, y + dy) for dx, dy in corners[ink.sign or "circle"]]), ink)


def _labels(pdf: FPDF, frame: _Frame, labels: Sequence[tuple[Point, str]]) -> None:
    """Names where there is room: one that would lie upon an earlier one is left out."""
    taken: list[Polygon] = []
    pdf.set_font("cjk", size=7)
    pdf.set_fill_color(255, 255, 255)
    for place, words in labels:
        for x, y in shapely.get_coordinates(frame.on_paper(place)):
            half = pdf.get_string_width(words) / 2
            box = shapely.box(x - half, y - 1.6, x + half, y + 1.6)
            if any(box.intersects(other) for other in taken):
                continue
            taken.append(box)
            with pdf.local_context(fill_opacity=0.75):
                pdf.rect(x - half - 0.3, y - 1.6, 2 * half + 0.6, 3.2, style="F")
            pdf.text(x - half, y + 1.0, words)


def _neat(pdf: FPDF, frame: _Frame) -> None:
    pdf.set_draw_color(40, 40, 40)
    pdf.set_line_width(0.4)
    pdf.rect(frame.left, frame.top, frame.width, frame.height)


def _words(pdf: FPDF, frame: _Frame, sheet: MapSheet) -> None:
    pdf.set_text_color(20, 20, 20)
    pdf.set_font("cjk", size=22)
    pdf.text(_MARGIN, _MARGIN + 11, sheet.title)
    pdf.set_font("cjk", size=9)
    pdf.text(_MARGIN, frame.top + frame.height + 6, "　　".join(sheet.foot))
    left, top = frame.left + frame.width + 5, frame.top + frame.height - 4.6 * len(sheet.notes)
    for number, note in enumerate(sheet.notes):
        pdf.text(left, top + 4.6 * number, note)


def _legend(pdf: FPDF, frame: _Frame, strata: Sequence[Stratum]) -> None:
    left, top = frame.left + frame.width + 5, frame.top + 5
    pdf.set_font("cjk", size=12)
    pdf.text(left, top, "图例")
    pdf.set_font("cjk", size=10)
    for number, stratum in enumerate(one for one in strata if one.ink.title):
        y = top + 8 + 8 * number
        _sample(pdf, left, y, stratum)
        count = "" if stratum.number is None else f"　{stratum.number}"
        pdf.text(left + 14, y + 1.3, stratum.ink.title + count)


def _sample(pdf: FPDF, x: float, y: float, stratum: Stratum) -> None:
    """What stands for the stratum in the legend."""
    if stratum.ink.sign is not None:
        _sign(pdf, x + 5, y, stratum.ink)
    elif stratum.ink.fill is None and stratum.ink.hatch is None:
        _shape(pdf, LineString([(x, y), (x + 10, y)]), stratum.ink)
    else:
        _shape(pdf, shapely.box(x, y - 2.5, x + 10, y + 2.5), stratum.ink)


def _scale(pdf: FPDF, frame: _Frame) -> None:
    """A bar of a round length of ground, and the scale as a number."""
    metres = next(
        step * 10**power for power in (4, 3, 2, 1) for step in (5, 2, 1) if step * 10**power * frame.mm_per_m <= 60
    )
    length, left, y = metres * frame.mm_per_m, frame.left + 5, frame.top + frame.height - 6
    pdf.set_fill_color(255, 255, 255)
    with pdf.local_context(fill_opacity=0.8):
        pdf.rect(left - 3, y - 8, length + 46, 12, style="F")
    pdf.set_fill_color(30, 30, 30)
    pdf.rect(left, y - 1.5, length / 2, 1.5, style="F")
    pdf.rect(left, y - 1.5, length, 1.5)
    pdf.set_font("cjk", size=8)
    pdf.text(left - 1, y - 3, "0")
    words = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres} m"
    pdf.text(left + length - 3, y - 3, words)
    pdf.text(left + length + 8, y, f"1 : {1000 / frame.mm_per_m:,.0f}")


def _north(pdf: FPDF, frame: _Frame) -> None:
    x, y = frame.left + frame.width - 10, frame.top + 8
    arrow = Polygon([(x, y), (x + 3.2, y + 10), (x, y + 7.5), (x - 3.2, y + 10)])
    _shape(pdf, arrow, Ink(fill="#222222", stroke="#222222"))
    pdf.set_font("cjk", size=10)
    pdf.text(x - 1.8, y - 1, "北")
