"""Writes data/boundaries/sample_town anew: `python -m scripts.sample_town [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.sample_town import divisions, figures, gazetteer, geojson, hazards, months, uncovered, workbook

TARGET = Path(__file__).parents[2] / "data" / "boundaries" / "sample_town"


def write_all(folder: Path) -> None:
    """Every file of the sample town in `folder`; the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, features in (
        ("divisions", divisions.divisions()),
        ("gazetteer", gazetteer.features()),
        ("communities", divisions.communities()),
        ("agreed_boundaries", divisions.agreed()),
        ("truth", divisions.truth()),
        ("fire_lanes", hazards.fire_lanes()),
        ("ebike_charging", hazards.ebike_places()),
        ("manholes", hazards.manholes()),
    ):
        geojson.write(features, folder / f"{name}.geojson")
    for month in months.MONTHS:
        workbook.write(month.annex1(), folder / f"annex1{month.suffix}.xlsx")
        workbook.write(month.annex2(), folder / f"annex2{month.suffix}.xlsx")
    (folder / "indicators.csv").write_text(figures.table(), encoding="utf-8")
    (folder / "uncovered_expected.csv").write_text(uncovered.table(), encoding="utf-8")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
