"""Run by the Python that QGIS has: an address and layers in; what QGIS finds there, as JSON, and pictures out."""

import json
import sys
from pathlib import Path
from typing import Any

from qgis.core import (  # type: ignore[import-not-found]
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]
from qgis.PyQt.QtGui import QColor  # type: ignore[import-not-found]


def features(address: str, layer: str) -> dict[str, Any]:
    """What QGIS finds in a collection, read page by page (OGC API – Features)."""
    opened = QgsVectorLayer(f"url='{address}' typename='{layer}' pageSize='100'", layer, "OAPIF")
    if not opened.isValid():
        return {"error": opened.error().summary()}
    read = list(opened.getFeatures())
    box = QgsRectangle()
    for one in read:
        if one.hasGeometry():
            box.combineExtentWith(one.geometry().boundingBox())
    names = opened.fields().names()
    return {
        "count": len(read),
        "told": opened.featureCount(),
        "fields": names,
        "names": sorted(str(one["name"]) for one in read) if "name" in names else [],
        "box": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()],
        "crs": opened.crs().authid(),
    }


def picture(address: str, layer: str, box: list[float], out: Path) -> dict[str, Any]:
    """The tiles of a layer in our style, drawn on white; `box` in Web Mercator."""
    place = f"{address}/collections/{layer}"
    source = f"type=xyz&url={place}/tiles/WebMercatorQuad/%7Bz%7D/%7By%7D/%7Bx%7D&zmin=0&zmax=18"
    opened = QgsVectorTileLayer(f"{source}&styleUrl={place}/styles/maplibre.json", layer)
    if not opened.isValid():
        return {"error": opened.error().summary()}
    complaint, done = opened.loadDefaultStyle()
    settings = QgsMapSettings()
    settings.setLayers([opened])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    settings.setExtent(QgsRectangle(*box))
    settings.setOutputSize(QSize(800, 600))
    settings.setOutputDpi(96)
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(str(out))
    return {"styled": done, "complaint": complaint}


def main() -> None:
    """`qgis_reading.py ADDRESS FOLDER BOXES`: BOXES is JSON, by layer the box to draw, in Web Mercator."""
    address, folder, boxes = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    application = QgsApplication([], False)
    application.initQgis()
    told = {
        "version": Qgis.QGIS_VERSION,
        "features": {layer: features(address, layer) for layer in boxes},
        "pictures": {layer: picture(address, layer, box, folder / f"{layer}.png") for layer, box in boxes.items()},
    }
    (folder / "told.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    application.exitQgis()


main()
