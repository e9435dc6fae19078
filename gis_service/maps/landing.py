"""Maps and layers in, the Chinese landing page out."""

from __future__ import annotations

from collections.abc import Mapping

from gis_service import __version__
from gis_service.layers import Layer
from gis_service.maps.assets import ICON, Assets
from gis_service.maps.declaration import Map
from gis_service.maps.page import TEMPLATES
from gis_service.maps.page_config import PageOptions, safe_json

REPORTS = (  # address, title, what stands there
    ("summary", "调度", "逾期、临近到期、新增、销号，按责任单位，日和周"),
    ("targets", "目标", "业委会组建率等各区划是否达到、还差多少"),
    ("campaign", "专项行动", "各阶段的起止，和各项目标沿着它的进度"),
    ("indicators", "指标", "其它系统报来的数字、来源与变化"),
    ("packages", "月报", "一个单位一个月一份：附件、统计、专题图、GeoJSON"),
)
LEDGERS = ("ledgers", "台账", "上传附件1、附件2，核对以后写入；下载官方表格")


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
        reports=(LEDGERS, *REPORTS) if chosen.may_send else REPORTS,
        assets=assets or Assets.for_landing(chosen.server),
        city=city,
        icon=ICON,
        server=chosen.server,
        nonce=chosen.nonce,
        account=chosen.account,
        sample=chosen.sample,
        review_number=chosen.review_number,
        version=__version__,
        config_json=safe_json({"server": chosen.server, "server_data": True, "fields": chosen.fields}),
    )
