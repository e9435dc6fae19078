"""A map declaration in, the HTML page out: a folium map in our own frame, with nothing from any other server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import folium
from branca.element import Figure
from folium.template import Template
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gis_service.layers import Layer
from gis_service.maps.assets import ICON, Assets
from gis_service.maps.declaration import Map
from gis_service.maps.page_config import PageOptions, page_config, written_safely

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


class _LeafletMap(folium.Map):  # type: ignore[misc]
    """A folium map that brings no links of its own and opens our page script."""

    default_js: tuple[tuple[str, str], ...] = ()
    default_css: tuple[tuple[str, str], ...] = ()
    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="folium-map" id={{ this.get_name()|tojson }} role="region" tabindex="0"
          aria-label="地图，方向键平移，加减号缩放"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
          center: {{ this.location|tojson }}, crs: L.CRS.{{ this.crs }}, ...{{ this.options|tojavascript }}
        });
        GIS.open({{ this.get_name() }});
        {% endmacro %}
        """
    )


class _Frame(Figure):  # type: ignore[misc]
    """The page around the map, from templates/figure.html."""

    _template = TEMPLATES.get_template("figure.html")

    def __init__(self, map_: Map, *, assets: Assets, city: str, options: PageOptions) -> None:
        super().__init__(title=map_.title)
        self.map, self.assets, self.city = map_, assets, city
        self.served, self.server, self.nonce = assets.served, options.server, options.nonce
        self.account = options.account
        self.siblings, self.review_number = options.siblings, options.review_number
        self.icon = ICON
        self.config_json = Markup("")
        self.data_blocks: tuple[tuple[str, Markup], ...] = ()


def map_page(
    map_: Map,
    layers: Mapping[str, Layer],
    *,
    assets: Assets,
    data: Mapping[str, str] | None = None,
    city: str = "",
    options: PageOptions | None = None,
) -> str:
    """The page of a map as HTML; `data` (layer id → GeoJSON text) is written into it, else it asks our server."""
    chosen = options or PageOptions()
    frame = _Frame(map_, assets=assets, city=city, options=chosen)
    frame.config_json = page_config(map_, layers, city=city, served=assets.served, options=chosen)
    frame.data_blocks = tuple((name, written_safely(text)) for name, text in (data or {}).items())
    frame.add_child(_leaflet(map_))
    return str(frame.render())


def _leaflet(map_: Map) -> _LeafletMap:
    lon, lat = map_.view.center
    leaflet = _LeafletMap(
        location=(lat, lon),
        zoom_start=map_.view.zoom,
        tiles=None,
        prefer_canvas=True,
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=100,
        max_zoom=20,
        min_zoom=7,
        fade_animation=False,
    )
    leaflet._name, leaflet._id = "Map", map_.id
    return leaflet
