"""The scripts and styles of the pages: as addresses on our own server, or written into the page itself."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from gis_service import resources

STATIC = Path(__file__).parent / "static"
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' "
    "rx='6' fill='%231f5a94'/%3E%3Cpath d='M6 21 13 8l6 5 7-3v13l-9 3z' fill='%23fff'/%3E%3C/svg%3E"
)
_MAP_SCRIPTS = (
    *(
        "dom",
        "symbols",
        "canvas",
        "geometry",
        "basemap",
        "labels",
        "data",
        "layers",
        "popup",
        "legend",
        "search",
        "list",
    ),
    *("list", "frame", "divisions", "edges", "marks", "sentence", "coverage", "hazards", "boundaries", "page"),
)
_MAP_STYLES = ("page", "phone", "print")
_URL = re.compile(r"url\(([^)'\"]+)\)")


@dataclass(frozen=True)
class Asset:
    """One script or style: an address, or its text when it stands in the page."""

    kind: Literal["script", "style"]
    url: str = ""
    text: str = ""

    def tag(self, nonce: str = "") -> Markup:
        """The element that brings the asset into a page."""
        allowed = Markup(' nonce="{}"').format(nonce) if nonce else Markup("")
        if self.kind == "script":
            if self.url:
                return Markup('<script src="{}"{}></script>').format(self.url, allowed)
            return Markup("<script{}>\n{}\n</script>").format(allowed, Markup(_script_text(self.text)))  # noqa: S704
        if self.url:
            return Markup('<link rel="stylesheet" href="{}">').format(self.url)
        return Markup("<style{}>\n{}\n</style>").format(allowed, Markup(_style_text(self.text)))  # noqa: S704


@dataclass(frozen=True)
class Assets:
    """Everything a map page and the landing page load."""

    scripts: tuple[Asset, ...]
    styles: tuple[Asset, ...]
    served: bool

    @classmethod
    def on_server(cls, server: str = "") -> Assets:
        """Map pages that load from `/static` and `/vendor` of our own server; `server` is its path prefix."""
        scripts = (_linked("script", server, path) for path in map_files("js"))
        styles = (_linked("style", server, path) for path in map_files("css"))
        return cls(tuple(scripts), tuple(styles), served=True)

    @classmethod
    def in_page(cls) -> Assets:
        """Map pages that carry every script, style and picture in themselves and open without a network."""
        scripts = (Asset("script", text=path.read_text(encoding="utf-8")) for path in map_files("js"))
        styles = (Asset("style", text=_with_pictures(path)) for path in map_files("css"))
        return cls(tuple(scripts), tuple(styles), served=False)

    @classmethod
    def for_landing(cls, server: str = "") -> Assets:
        """What the landing page loads from our own server."""
        names = ("dom", "data", "landing")
        scripts = (_linked("script", server, STATIC / f"{name}.js") for name in names)
        return cls(tuple(scripts), (_linked("style", server, STATIC / "landing.css"),), served=True)

    @classmethod
    def for_records(cls, server: str = "") -> Assets:
        """What the pages of the interface load from our own server: Leaflet, and one script for the small map."""
        leaflet = resources.vendor("leaflet")
        scripts = (leaflet / "leaflet.js", STATIC / "records.js")
        styles = (leaflet / "leaflet.css", STATIC / "landing.css", STATIC / "records.css")
        return cls(
            tuple(_linked("script", server, path) for path in scripts),
            tuple(_linked("style", server, path) for path in styles),
            served=True,
        )


def map_files(suffix: Literal["js", "css"]) -> tuple[Path, ...]:
    """The files of a map page in the order they must load, Leaflet first."""
    names = _MAP_SCRIPTS if suffix == "js" else _MAP_STYLES
    return (resources.vendor("leaflet") / f"leaflet.{suffix}", *(STATIC / f"{name}.{suffix}" for name in names))


def _linked(kind: Literal["script", "style"], server: str, path: Path) -> Asset:
    folder = "static" if path.parent == STATIC else "vendor/leaflet"
    return Asset(kind, url=f"{server}/{folder}/{path.name}?v={_mark(path, path.stat().st_mtime_ns)}")


@cache
def _mark(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def _with_pictures(path: Path) -> str:
    def embedded(match: re.Match[str]) -> str:
        picture = path.parent / match.group(1)
        if not picture.is_file():
            return match.group(0)
        return f"url(data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()})"

    return _URL.sub(embedded, path.read_text(encoding="utf-8"))


def _script_text(text: str) -> str:
    without_map = re.sub(r"//# sourceMappingURL=\S+", "", text)
    return re.sub(r"<(/script|!--)", lambda match: rf"\x3c{match.group(1)}", without_map, flags=re.IGNORECASE)


def _style_text(text: str) -> str:
    return re.sub(r"</style", r"<\\/style", text, flags=re.IGNORECASE)
