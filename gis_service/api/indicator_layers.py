"""Declared indicators in; the layers that publish them, and layers with a column more for each, out."""

from __future__ import annotations

from collections.abc import Mapping

from gis_service.access import Reader
from gis_service.errors import DeclarationError
from gis_service.indicators import Indicator
from gis_service.layers import Field, Layer, Rule, Style

_ORDER = 200  # after the layers of our own
_PLACE = {"county_code": "区县代码", "street_code": "街道代码", "street": "街道", "neighborhood": "社区"}
_PLACES = {"area": _PLACE, "community": _PLACE, "division": {"level": "级别", "parent_code": "上级代码"}}
_LEVELS = {"county": "市县（区）", "street": "街道、乡镇", "neighborhood": "社区、村"}
_WIDENED = {"management_areas": ("area",), "communities": ("community",), "coverage": ("area", "community", "division")}


def with_indicators(layers: Mapping[str, Layer], indicators: Mapping[str, Indicator]) -> dict[str, Layer]:
    """The layers, and one for every indicator; DeclarationError where a layer bears its name already."""
    made = {one.layer_id: indicator_layer(one, _ORDER + at) for at, one in enumerate(indicators.values())}
    twice = sorted(set(made) & set(layers))
    if twice:
        raise DeclarationError(f"图层“{twice[0]}”与同名的指标冲突，请改其中一个的文件名")
    return {**layers, **made}


def indicator_layer(indicator: Indicator, order: int) -> Layer:
    """The collection of one indicator: its subjects that have a value, the newest of each."""
    told = {name: Field(title=title) for name, title in _PLACES[indicator.subject].items()}
    if "level" in told:
        told["level"] = Field(title="级别", values=_LEVELS)
    fields = {
        "name": Field(title="名称"),
        "code": Field(title="编号"),
        "value": value_field(indicator),
        "period": Field(title="时段", description=f"每{indicator.period.words}一次，取已开始的最近一期"),
        "period_start": Field(title="时段第一天"),
        **told,
        "reporting_unit": Field(title="填报单位"),
        "system": Field(title="来源系统"),
        "received_at": Field(title="收到时间"),
        "note": Field(title="备注"),
        "sample": Field(title="示例数据", description="“是”表示示例数据（虚构），不是真实情况"),
    }
    return Layer(
        id=indicator.layer_id,
        title=indicator.title,
        description=f"{indicator.definition}来源：{indicator.system}，每{indicator.period.words}一次。",
        source=f"indicator:{indicator.subject}:{indicator.id}",
        geometry="MultiPolygon",
        id_field="code",
        audience=indicator.audience,
        order=order,
        fields=fields,
        style=_style(indicator),
    )


def value_field(indicator: Indicator) -> Field:
    """The value as a column: a share stays a number between 0 and 1."""
    unit = "" if indicator.kind == "share" else indicator.unit
    return Field(title=indicator.title, description=f"{indicator.definition}来源：{indicator.system}", unit=unit)


def _style(indicator: Indicator) -> Style:
    rules = tuple(
        Rule(value=step.at_least, title=step.title, fill=step.colour, stroke="#5f6b7a", width=1, opacity=0.75)
        for step in indicator.steps
    )
    return Style(type="ramp", field="value", label_field="name", rule=rules)


def widened(layer: Layer, indicators: Mapping[str, Indicator], reader: Reader) -> Layer:
    """The layer with a column for each indicator that the reader may see and that speaks of its features.

    Of coverage, whose features are divisions, every indicator speaks: added up as it is declared.
    """
    subjects = _WIDENED.get(layer.id, ())
    found = [one for one in indicators.values() if one.subject in subjects and reader.role in one.audience]
    if not found:
        return layer
    columns = {one.layer_id: _column(layer, one) for one in found}
    source = layer.source + "".join(f"+{one.subject}:{one.aggregate}:{one.id}" for one in found)
    told = {name: getattr(layer, name) for name in Layer.model_fields}  # anew: a copy would share what the layer keeps
    return Layer.model_construct(**{**told, "source": source, "fields": {**layer.fields, **columns}})


def _column(layer: Layer, indicator: Indicator) -> Field:
    own = value_field(indicator)
    if layer.id != "coverage":
        return own
    how = "合计" if indicator.aggregate == "sum" else "平均"
    return own.model_copy(update={"description": f"{own.description}；最近一期的{how}"})
