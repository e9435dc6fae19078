"""Declared indicators of areas and communities in; for each a map that colours them singly, out."""

from __future__ import annotations

from collections.abc import Mapping

from gis_service.access import Role
from gis_service.indicators import Indicator
from gis_service.layers import Layer, Rule, Style
from gis_service.maps import Map
from gis_service.maps.declaration import View

_GROUND = {"area": ("management_areas", "区域"), "community": ("communities", "小区")}
_POPUP = ("value", "period", "code", "street", "neighborhood", "reporting_unit", "system", "received_at", "note")


def indicator_maps(indicators: Mapping[str, Indicator], layers: Mapping[str, Layer]) -> dict[str, Map]:
    """The maps by id, which is that of the layer: divisions are compared on the planners' map instead."""
    maps = (_map(one, layers) for one in indicators.values() if one.subject in _GROUND)
    return {found.id: found for found in maps}


def _map(indicator: Indicator, layers: Mapping[str, Layer]) -> Map:
    """What has no value is drawn apart: the layer of all subjects lies dashed under that of those with one."""
    ground, words = _GROUND[indicator.subject]
    own, base = indicator.layer_id, "places"
    seen = set(indicator.audience) & set(layers[ground].audience) & set(layers[base].audience)
    none = Rule(title=f"没有数值的{words}", fill="#ffffff", stroke="#8a8f98", width=1, dash="4 4", opacity=0.3)
    return Map(
        id=own,
        title=indicator.title,
        short_title=indicator.title[:6],
        description=f"{indicator.definition}逐个{words}着色。",
        readers=f"看每个{words}的数值",
        audience=tuple(str(role) for role in Role if role in seen),
        desk="figures",
        definition=f"{indicator.definition.rstrip('。')}；每{indicator.period.words}一次，取已开始的最近一期",
        source_note=f"来源：{indicator.system}",
        base=base,
        layers=(own, ground),
        controls=("legend", "search", "print"),
        view=View(fit=ground),
        popup={own: _POPUP},
        styles={ground: Style(type="simple", label_field="name", rule=(none,))},
    )
