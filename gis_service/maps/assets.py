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
from gis_service.maps.bundles import BUNDLES, STATIC, bundle

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' "
    "rx='6' fill='%231f5a94'/%3E%3Cpath d='M6 21 13 8l6 5 7-3v13l-9 3z' fill='%23fff'/%3E%3C/svg%3E"
)
_DESK_VENDORS, _DESK_BUNDLES = {"boundaries": ("leaflet-geoman",)}, {"boundaries": ("drawing",)}
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
    def on_server(cls, server: str = "", desk: str = "") -> Assets:
        """Map pages that load from `/bundles` and `/vendor` of our own server; `server` is its path prefix."""
        scripts = (_linked("script", server, path) for path in (*_for_tiles(), *_vendor_files("js", desk)))
        styles = (_linked("style", server, path) for path in _vendor_files("css", desk))
        own = ("map", *_DESK_BUNDLES.get(desk, ()))
        return cls(
            (*scripts, *(_bundled("script", server, f"{name}.js") for name in own)),
            (*styles, *(_bundled("style", server, f"{name}.css") for name in own)),
            served=True,
        )

    @classmethod
    def in_page(cls) -> Assets:
        """Map pages that carry every script, style and picture in themselves and open without a network."""
        scripts, styles = (*_vendor_files("js"), *BUNDLES["map.js"]), (*_vendor_files("css"), *BUNDLES["map.css"])
        return cls(
            tuple(Asset("script", text=path.read_text(encoding="utf-8")) for path in scripts),
            tuple(Asset("style", text=_with_pictures(path)) for path in styles),
            served=False,
        )

    @classmethod
    def for_landing(cls, server: str = "") -> Assets:
        """What the landing page loads from our own server."""
        names = ("dom", "data", "landing")
        scripts = (_linked("script", server, STATIC / f"{name}.js") for name in names)
        return cls(tuple(scripts), (_linked("style", server, STATIC / "landing.css"),), served=True)

    @classmethod
    def for_sheet(cls, server: str = "") -> Assets:
        """What the sheet of a community loads from our own server."""
        return cls(
            (_linked("script", server, STATIC / "sheet.js"),),
            (_linked("style", server, STATIC / "sheet.css"),),
            served=True,
        )

    @classmethod
    def for_report(cls, server: str = "") -> Assets:
        """What a page of figures loads from our own server: a style, and the script of the print button."""
        return cls(
            (_linked("script", server, STATIC / "sheet.js"),),
            (_linked("style", server, STATIC / "report.css"),),
            served=True,
        )

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

    @classmethod
    def for_ledgers(cls, server: str = "") -> Assets:
        """What the page of ledgers loads from our own server."""
        scripts = (_linked("script", server, STATIC / f"{name}.js") for name in ("dom", "ledger_report", "ledgers"))
        styles = (_linked("style", server, STATIC / f"{name}.css") for name in ("forms", "ledgers"))
        return cls(tuple(scripts), tuple(styles), served=True)

    @classmethod
    def for_webhooks(cls, server: str = "") -> Assets:
        """What the administrator's page of subscriptions loads from our own server."""
        scripts = (_linked("script", server, STATIC / f"{name}.js") for name in ("dom", "webhooks"))
        styles = (_linked("style", server, STATIC / f"{name}.css") for name in ("forms", "webhooks"))
        return cls(tuple(scripts), tuple(styles), served=True)

    @classmethod
    def for_forms(cls, server: str = "") -> Assets:
        """What the pages to log in and to administer load: styles alone."""
        return cls((), (_linked("style", server, STATIC / "forms.css"),), served=True)


def _vendor_files(suffix: Literal["js", "css"], desk: str = "") -> tuple[Path, ...]:
    """What npm brings for a map page, Leaflet first; with what its desk needs to draw."""
    ending = f"min.{suffix}" if suffix == "js" else suffix
    tools = (resources.vendor(name) / f"{name}.{ending}" for name in _DESK_VENDORS.get(desk, ()))
    return (resources.vendor("leaflet") / f"leaflet.{suffix}", *tools)


def _for_tiles() -> tuple[Path, ...]:
    """What decodes vector tiles; a page that carries its features in itself has none."""
    return (resources.vendor("protomaps-leaflet") / "protomaps-leaflet.js",)


def _linked(kind: Literal["script", "style"], server: str, path: Path) -> Asset:
    owners = {resources.vendor(package): f"vendor/{package}" for package in resources.vendor_packages()}
    folder = "static" if path.parent == STATIC else owners[path.parent]
    return Asset(kind, url=f"{server}/{folder}/{path.name}?v={_mark(path, path.stat().st_mtime_ns)}")


def _bundled(kind: Literal["script", "style"], server: str, name: str) -> Asset:
    return Asset(kind, url=f"{server}/bundles/{name}?v={bundle(name).mark}")


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
