"""The reference systems that an export can be in; shapes in lon/lat come in, moved shapes go out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gis_service.crs import LONLAT, Shapes, to_bd09, to_gcj02, transform
from gis_service.errors import BadRequestError

_DEGREES, _METRES = 7, 3  # decimals of a coordinate written as text: a centimetre, a millimetre
_LONLAT_AXES = ("经度", "纬度")
_METRIC_AXES = ("东坐标（m）", "北坐标（m）")


@dataclass(frozen=True)
class System:
    """One reference system, always x (east) first; `epsg` is None where a file must claim none."""

    id: str
    title: str
    epsg: int | None
    axes: tuple[str, str] = _LONLAT_AXES
    mark: str = ""  # in the names of files and layers, for what is easily taken for something else

    @property
    def lonlat(self) -> bool:
        """True of degrees, false of metres."""
        return self.axes == _LONLAT_AXES

    @property
    def decimals(self) -> int:
        """How many decimals a coordinate has where it is written as text."""
        return _DEGREES if self.lonlat else _METRES

    @property
    def authority(self) -> str | None:
        """The code that GIS programs know it by; CRS84 by the name under which every program has it."""
        return None if self.epsg is None else f"EPSG:{self.epsg}"

    @property
    def uri(self) -> str | None:
        """The OGC address of the system, None for those that no authority defines."""
        if self.id == "CRS84":
            return "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
        return None if self.epsg is None else f"http://www.opengis.net/def/crs/EPSG/0/{self.epsg}"

    def moved(self, shapes: Shapes) -> Shapes:
        """Shapes in lon/lat of CGCS2000 as shapes in this system."""
        if self.epsg is not None:
            return transform(shapes, LONLAT, self.epsg)
        return to_gcj02(shapes) if self.mark == "GCJ02" else to_bd09(shapes)


_ALL = (
    System("CRS84", "WGS 84 经纬度（与 CGCS2000 相差厘米至分米，按相同处理）", 4326),
    System("EPSG:4490", "CGCS2000 经纬度", 4490),
    System("EPSG:4548", "CGCS2000 三度带高斯－克吕格，中央经线 117°E", 4548, _METRIC_AXES),
    System("EPSG:4527", "CGCS2000 三度带高斯－克吕格，39 带（东坐标带带号）", 4527, _METRIC_AXES),
    System("EPSG:3857", "Web 墨卡托", 3857, _METRIC_AXES),
    System("GCJ-02", "GCJ-02 经纬度（高德、腾讯地图所用，非标准坐标系）", None, mark="GCJ02"),
    System("BD-09", "BD-09 经纬度（百度地图所用，非标准坐标系）", None, mark="BD09"),
)
SYSTEMS: Mapping[str, System] = {system.id: system for system in _ALL}
CRS84 = SYSTEMS["CRS84"]


def system_named(text: str) -> System:
    """The system that a person names: `4548`, `EPSG:4548`, its OGC address, `CRS84`, `GCJ02`, `BD-09`.

    >>> system_named("4548").id, system_named("gcj02").id
    ('EPSG:4548', 'GCJ-02')
    """
    wanted = _squeezed(text)
    for system in SYSTEMS.values():
        known = {_squeezed(system.id), _squeezed(system.uri or ""), _squeezed(system.id.removeprefix("EPSG:"))}
        if wanted and wanted in known:
            return system
    raise BadRequestError(f"没有坐标系“{text[:40]}”，可用：{'、'.join(SYSTEMS)}")


def _squeezed(text: str) -> str:
    return text.strip().upper().replace("-", "").replace("_", "")
