"""The scripts and styles of a map page in; one script and one style out, since every request takes its time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
_SCRIPTS = {
    "map": (
        *(
            "dom",
            "symbols",
            "canvas",
            "tiles",
            "geometry",
            "basemap",
            "labels",
            "data",
            "layers",
            "tiled",
            "popup",
        ),
        *("legend", "search", "list", "frame", "divisions", "edges", "marks", "sentence", "measure", "permalink"),
        *("facts", "measures", "days", "coverage_indicators", "coverage_dates", "coverage_rows", "coverage_panel"),
        *("coverage", "problem_file", "problem_names", "spot_report", "hazard_tally", "hazard_day", "hazards"),
        *("boundaries", "service", "figures", "page"),
    ),
    "drawing": (  # what the boundaries desk has beyond its map, on our server only, for those who may write
        *("desk_api", "desk_dialog", "desk_shape", "desk_area", "desk_snap", "desk_shared", "desk_handles"),
        *("desk_tools", "desk_keep", "desk_drawbar", "desk_draw", "desk_compare", "desk_findings", "desk_list"),
        *("desk_pick", "desk_history", "desk_divide", "desk_import", "desk_detail", "desk", "desk_work"),
    ),
}
_STYLES = {"map": ("page", "coverage", "hazards", "phone", "print"), "drawing": ("desk",)}
BUNDLES: Mapping[str, tuple[Path, ...]] = {  # the files of each, in the order in which they must load
    f"{name}.{suffix}": tuple(STATIC / f"{part}.{suffix}" for part in parts)
    for suffix, bundles in (("js", _SCRIPTS), ("css", _STYLES))
    for name, parts in bundles.items()
}


@dataclass(frozen=True)
class Bundle:
    """Several files as one, and a mark that changes with any of them."""

    content: bytes
    mark: str


def bundle(name: str) -> Bundle:
    """The bundle of that name as its files are now; KeyError where there is none."""
    return _joined(tuple((path, path.stat().st_mtime_ns) for path in BUNDLES[name]))


@lru_cache(maxsize=8)
def _joined(files: tuple[tuple[Path, int], ...]) -> Bundle:
    content = b"\n".join(path.read_bytes() for path, _ in files)
    return Bundle(content, hashlib.sha256(content).hexdigest()[:10])
