"""Shapes in metres in; a small map in black and white, as SVG, out: meaning lies in line, hatch and number alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import shapely
from markupsafe import Markup, escape
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry

_LABEL_PX = 11


@dataclass(frozen=True)
class Stroke:
    """Shapes that are drawn alike: `style` is a class of sheet.css."""

    style: str
    shapes: Sequence[BaseGeometry]


@dataclass(frozen=True)
class Mark:
    """A sign at a place, with words beside it: `sign` is one of `SIGNS`."""

    sign: str
    place: Point
    words: str = ""


SIGNS = {
    "gate": "M-5 5L0-6L5 5Z",
    "cover": "M-3.2-3.2L3.2 3.2M-3.2 3.2L3.2-3.2",
    "problem": "M0-6L6 0L0 6L-6 0Z",
    "lane": "M-7-6.5H7V6.5H-7Z",
    "ebike": "M0-7A7 7 0 1 1 0 7A7 7 0 1 1 0-7Z",
    "name": "",
}


@dataclass(frozen=True)
class Frame:
    """Turns metres into pixels: the box fills the picture, north is up."""

    west: float
    north: float
    px_per_m: float
    width: float
    height: float

    @property
    def box(self) -> Polygon:
        """What the picture shows."""
        return shapely.box(
            self.west, self.north - self.height / self.px_per_m, self.west + self.width / self.px_per_m, self.north
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a place."""
        return (x - self.west) * self.px_per_m, (self.north - y) * self.px_per_m


def frame_of(outline: BaseGeometry, *, width: float, height: float, margin_m: float) -> Frame:
    """The frame in which the outline stands whole, with a margin, in the middle."""
    west, south, east, north = outline.buffer(margin_m).bounds
    scale = min(width / (east - west), height / (north - south))
    return Frame(
        west - (width / scale - (east - west)) / 2, north + (height / scale - (north - south)) / 2, scale, width, height
    )


def sketch(frame: Frame, strokes: Iterable[Stroke], marks: Iterable[Mark], *, ground_m_per_m: float) -> Markup:
    """The map; `ground_m_per_m` is what a metre of the shapes is on the ground, for the scale bar."""
    parts = [
        Markup('<svg class="sketch" viewBox="0 0 {} {}" role="img" aria-label="小区示意图">').format(
            round(frame.width), round(frame.height)
        ),
        Markup(
            '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
            '<path d="M0 6L6 0M-1 1L1-1M5 7L7 5"/></pattern></defs>'
        ),
    ]
    for stroke in strokes:
        parts += [
            Markup('<path class="{}" d="{}"/>').format(stroke.style, _path(frame, shape))
            for shape in stroke.shapes
            if not shape.is_empty
        ]
    parts += [_mark(frame, mark) for mark in _apart(frame, marks)]
    parts += [_scale_bar(frame, ground_m_per_m), _north(frame), Markup("</svg>")]
    return Markup("").join(parts)


def _path(frame: Frame, shape: BaseGeometry) -> str:
    if hasattr(shape, "geoms"):
        return "".join(_path(frame, part) for part in shape.geoms)
    if isinstance(shape, Polygon):
        return "".join(_line(frame, ring) + "Z" for ring in (shape.exterior, *shape.interiors))
    return _line(frame, shape) if shape.geom_type in ("LineString", "LinearRing") else ""


def _line(frame: Frame, line: BaseGeometry) -> str:
    points = (frame.at(x, y) for x, y in shapely.get_coordinates(line))
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _apart(frame: Frame, marks: Iterable[Mark]) -> Iterator[tuple[Mark, float, float]]:
    """Each mark with its pixel; signs that would lie upon each other step aside, names that would are left out."""
    taken: list[tuple[float, float, float]] = []
    for mark in marks:
        x, y = frame.at(mark.place.x, mark.place.y)
        half = len(mark.words) * _LABEL_PX / 2 if mark.sign == "name" else 8.0
        for _ in range(6):
            if all(abs(x - left) >= half + wide or abs(y - top) >= 14 for left, top, wide in taken):
                break
            if mark.sign == "name":
                break
            y += 14
        else:
            continue
        clear = all(abs(x - left) >= half + wide or abs(y - top) >= 14 for left, top, wide in taken)
        inside = half <= x <= frame.width - half and 8 <= y <= frame.height - 8
        if (clear and inside) or mark.sign != "name":
            taken.append((x, y, half))
            yield mark, x, y


def _mark(_frame: Frame, placed: tuple[Mark, float, float]) -> Markup:
    mark, x, y = placed
    path = SIGNS[mark.sign]
    sign = Markup('<path d="{}"/>').format(path) if path else Markup("")
    words = Markup("<text>{}</text>").format(escape(mark.words)) if mark.words else Markup("")
    return Markup('<g class="{}" transform="translate({} {})">{}{}</g>').format(
        mark.sign, f"{x:.1f}", f"{y:.1f}", sign, words
    )


def _scale_bar(frame: Frame, ground_m_per_m: float) -> Markup:
    px_per_ground_m = frame.px_per_m / ground_m_per_m
    length = next((each for each in (200, 100, 50, 20, 10) if each * px_per_ground_m <= frame.width / 4), 10)
    x, y = 12.0, frame.height - 12
    end = x + length * px_per_ground_m
    path = f"M{x:.1f} {y - 5:.1f}V{y:.1f}H{end:.1f}V{y - 5:.1f}"
    return Markup('<g class="bar"><path d="{}"/><text x="{}" y="{}">{} m</text></g>').format(
        path, f"{end + 5:.1f}", f"{y:.1f}", length
    )


def _north(frame: Frame) -> Markup:
    return Markup(
        '<g class="up" transform="translate({} 18)"><path d="M0-12L5 8L0 4L-5 8Z"/><text y="20">北</text></g>'
    ).format(round(frame.width - 16))
