"""Settings, commands, layers and maps in; the generated parts of docs/*.md out (`make docs`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer

from gis_service.analysis.rules import CATEGORIES, standard
from gis_service.cli import app
from gis_service.layers import Layer, load_layers
from gis_service.maps import load_maps
from gis_service.settings import Settings

CLONE = Path(__file__).resolve().parent.parent
DOCS = CLONE / "docs"
AUDIENCE = {
    "public": "公众",
    "planner": "规划",
    "county": "区县",
    "street": "街道",
    "fire": "消防",
    "city": "市级",
    "admin": "管理员",
}
GEOMETRY = {
    "Point": "点",
    "LineString": "线",
    "Polygon": "面",
    "MultiPolygon": "面（可多部分）",
    "Geometry": "点、线、面",
}
CONTROLS = {"legend": "图例", "search": "搜索", "division": "按区划切换", "print": "打印"}


def settings() -> Iterator[str]:
    """A table of every setting: environment variable, default, meaning."""
    yield from ("| 环境变量 | 默认值 | 说明 |", "| --- | --- | --- |")
    for name, field in Settings.model_fields.items():
        variable = field.validation_alias or f"GIS_SERVICE_{name.upper()}"
        default = "空" if field.default in (None, "") else f"`{field.default}`"
        yield f"| `{variable}` | {default} | {field.description} |"


def commands() -> Iterator[str]:
    """A section for every command: what it does, its arguments and options."""
    for path, command in _walk("gis-service", typer.main.get_command(app)):
        yield from (f"### `{path}`", "", (command.help or "").strip(), "")
        rows = [_parameter(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            yield from ("| 参数 | 说明 |", "| --- | --- |", *rows, "")


def layers() -> Iterator[str]:
    """A section for every layer: its definition, who may see it, and every field."""
    for layer in _layers().values():
        yield from (f"### `{layer.id}` {layer.title}", "", "".join(layer.description.split()), "")
        yield f"几何类型：{GEOMETRY[layer.geometry]}；编号字段：`{layer.id_field}`；可见：{_audience(layer.audience)}。"
        yield from ("", "| 字段 | 名称 | 说明 | 可见范围 |", "| --- | --- | --- | --- |")
        for name, field in layer.fields.items():
            about = "；".join(filter(None, (field.description, f"单位 {field.unit}" if field.unit else "")))
            seen = _audience(field.audience) if field.audience else "同图层"
            yield f"| `{name}` | {field.title} | {about} | {seen} |"
        yield ""


def maps() -> Iterator[str]:
    """A section for every map: for whom, the definition on its status line, and its layers."""
    declared = _layers()
    for shown in load_maps(CLONE / "maps", declared).values():
        yield from (f"### `{shown.id}` {shown.title}", "", f"{shown.readers}。{shown.description}", "")
        yield from (f"口径：{shown.definition}", "")
        yield f"图层：{'、'.join(f'`{name}` {declared[name].title}' for name in shown.data_layers)}。"
        yield from (f"控件：{'、'.join(CONTROLS[name] for name in shown.controls)}。", "")


def hazards() -> Iterator[str]:
    """A table of the rules that hazards are held against, kind by kind."""
    for category, title in CATEGORIES.items():
        yield from (
            f"### {title}",
            "",
            "| 编号 | 项目 | 要求 | 条款 | 内容 | 出处 |",
            "| --- | --- | --- | --- | --- | --- |",
        )
        for rule in standard().values():
            if rule.category == category:
                told = (f"`{rule.id}`", rule.title, rule.requirement, rule.clause or "—", rule.text)
                yield f"| {' | '.join(told)} | {rule.source or '待核'} |"
        yield ""


PARTS: dict[str, tuple[Path, Callable[[], Iterator[str]]]] = {
    "settings": (DOCS / "settings.md", settings),
    "commands": (DOCS / "commands.md", commands),
    "layers": (DOCS / "layers.md", layers),
    "maps": (DOCS / "maps.md", maps),
    "hazards": (DOCS / "hazards.md", hazards),
}


def written(name: str) -> str:
    """The whole text of a document with its generated part as the program stands now."""
    path, part = PARTS[name]
    start, end = f"<!-- make docs: {name} -->", "<!-- end -->"
    body = "\n".join(part()).strip()
    block = f"{start}\n\n{body}\n\n{end}"
    text, count = re.subn(
        f"{re.escape(start)}.*?{re.escape(end)}", lambda _: block, path.read_text(encoding="utf-8"), flags=re.S
    )
    if count != 1:
        raise ValueError(f"{path.name} must hold exactly one {start} … {end}")
    return text


def _layers() -> dict[str, Layer]:
    return load_layers(CLONE / "layers")


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    inside = getattr(command, "commands", {})
    for name, child in inside.items():
        yield from _walk(f"{path} {name}", child)
    if not inside:
        yield path, command


def _parameter(parameter: Any) -> str:
    options = " / ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
    name = options if parameter.param_type_name == "option" else parameter.metavar or parameter.name
    name = name.replace("|", r"\|")
    needed = "必填；" if parameter.required else ""
    return f"| {name} | {needed}{getattr(parameter, 'help', None) or ''} |".replace("\n", " ")


def _audience(roles: tuple[Any, ...]) -> str:
    return "、".join(AUDIENCE[str(role)] for role in roles)


def main() -> None:
    """Every generated part is as the program stands now."""
    for name, (path, _) in PARTS.items():
        path.write_text(written(name), encoding="utf-8")
        print(path.relative_to(CLONE))


if __name__ == "__main__":
    main()
