"""Pages: `maps/*.toml` and layers in, HTML out; the only room that imports folium."""

from __future__ import annotations

from gis_service.maps.assets import Assets
from gis_service.maps.bundles import STATIC
from gis_service.maps.declaration import Map, load_maps
from gis_service.maps.landing import landing_page
from gis_service.maps.page import map_page
from gis_service.maps.page_config import PageOptions

__all__ = ["STATIC", "Assets", "Map", "PageOptions", "landing_page", "load_maps", "map_page"]
