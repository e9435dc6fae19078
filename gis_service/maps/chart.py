"""Values over time in; a small line chart as SVG out, legible in black and white and on paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 640, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 38, 22, 28
_MOST_LABELS = 7


@dataclass(frozen=True)
class Series:
    """What is drawn: labels below, values above (None: nothing known), an aim as a dashed line."""

    title: str
    labels: Sequence[str]
    values: Sequence[float | None]
    words: Callable[[float], str]
    aim: float | None = None
    low: float | None = None
    high: float | None = None


def line_chart(series: Series) -> Markup:
    """The chart; an empty text where no value is known."""
    known = [value for value in series.values if value is not None]
    if not known:
        return Markup("")
    scale = _scale(series, known)
    points = [(_x(at, len(series.values)), scale(value)) for at, value in enumerate(series.values) if value is not None]
    told = "，".join(
        f"{label} {series.words(value)}"
        for label, value in zip(series.labels, series.values, strict=True)
        if value is not None
    )
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            WIDTH, HEIGHT, f"{series.title}：{told}"
        ),
        *_grid(series, known, scale),
        Markup('<polyline class="line" points="{}"/>').format(" ".join(f"{x:.1f},{y:.1f}" for x, y in points)),
        *(Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(x, y) for x, y in points),
        _text("value", points[-1][0], max(points[-1][1] - 8, 12), series.words(known[-1]), "end"),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


def _edges(series: Series, known: Sequence[float]) -> tuple[float, float]:
    held = [*known, *([series.aim] if series.aim is not None else [])]
    low = series.low if series.low is not None else min(held)
    high = series.high if series.high is not None else max(held)
    room = (max(held) - min(held)) * 0.15 or abs(high) * 0.1 or 1.0
    return max(low, min(held) - room), min(high, max(held) + room)


def _scale(series: Series, known: Sequence[float]) -> Callable[[float], float]:
    low, high = _edges(series, known)
    height = HEIGHT - _TOP - _BOTTOM
    return lambda value: _TOP + height * (1 - (value - low) / ((high - low) or 1.0))


def _x(at: int, count: int) -> float:
    width = WIDTH - _LEFT - _RIGHT
    return _LEFT + (width * at / (count - 1) if count > 1 else width / 2)


def _grid(series: Series, known: Sequence[float], scale: Callable[[float], float]) -> list[Markup]:
    low, high = _edges(series, known)
    drawn = []
    for value in (low, (low + high) / 2, high):
        y = scale(value)
        drawn.append(Markup('<path class="grid" d="M{} {:.1f}H{}"/>').format(_LEFT, y, WIDTH - _RIGHT))
        drawn.append(_text("scale", _LEFT - 6, y + 4, series.words(value), "end"))
    if series.aim is not None:
        y = scale(series.aim)
        drawn.append(Markup('<path class="aim" d="M{} {:.1f}H{}"/>').format(_LEFT, y, WIDTH - _RIGHT))
        drawn.append(_text("aim", _LEFT + 4, y - 4, f"目标 {series.words(series.aim)}", "start"))
    count = len(series.labels)
    step = -(-count // _MOST_LABELS)
    for at in range((count - 1) % step, count, step):  # the last one always
        drawn.append(_text("scale", _x(at, count), HEIGHT - 8, series.labels[at], "middle"))
    return drawn


def _text(style: str, x: float, y: float, words: str, anchor: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        style, x, y, anchor, escape(words)
    )
