"""Files that travel with the program: from the clone when run there, from the wheel otherwise."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CLONE = _PACKAGE.parent
_VENDOR_IN_CLONE = {
    "leaflet": "node_modules/leaflet/dist",
    "leaflet-geoman": "node_modules/@geoman-io/leaflet-geoman-free/dist",
    "protomaps-leaflet": "node_modules/protomaps-leaflet/dist",
    "uplot": "node_modules/uplot/dist",
}


def is_clone() -> bool:
    """True where the program runs from a source tree and not from an installed wheel."""
    return not (_PACKAGE / "_share").is_dir() and (_CLONE / "pyproject.toml").is_file()


def clone_root() -> Path | None:
    """The source tree the program runs from, or None in an installed wheel."""
    return _CLONE if is_clone() else None


def shared(name: str) -> Path:
    """The folder `layers`, `maps` or `data` that came with the program."""
    return _CLONE / name if is_clone() else _PACKAGE / "_share" / name


def vendor(package: str) -> Path:
    """The distribution folder of an npm package (`leaflet`) that the lock file pins."""
    if is_clone():
        return _CLONE / _VENDOR_IN_CLONE[package]
    return _PACKAGE / "_share" / "vendor" / package


def vendor_packages() -> tuple[str, ...]:
    """The npm packages that pages load."""
    return tuple(_VENDOR_IN_CLONE)
