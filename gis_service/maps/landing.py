"""Maps and layers in, the Chinese landing page out."""

from __future__ import annotations

from collections.abc import Mapping

from gis_service import __version__
from gis_service.layers import Layer
from gis_service.maps.assets import ICON, Assets
from gis_service.maps.declaration import Map
from gis_service.maps.page import TEMPLATES
from gis_service.maps.page_config import PageOptions, safe_json


def landing_page(
    maps: Mapping[str, Map],
    layers: Mapping[str, Layer],
    *,
    assets: Assets | None = None,
    city: str = "",
    options: PageOptions | None = None,
) -> str:
    """The page at `/`: a card with live numbers for every map, where the data comes from, every layer as GeoJSON."""
    chosen = options or PageOptions()
    return TEMPLATES.get_template("landing.html").render(
        maps=tuple(maps.values()),
        layers=tuple(layers.values()),
        assets=assets or Assets.for_landing(chosen.server),
        city=city,
        icon=ICON,
        server=chosen.server,
        nonce=chosen.nonce,
        sample=chosen.sample,
        review_number=chosen.review_number,
        version=__version__,
        config_json=safe_json({"server": chosen.server, "server_data": True}),
    )
