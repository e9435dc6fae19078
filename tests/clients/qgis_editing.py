"""Run by the Python that QGIS has: whether it can edit drafts goes out, and a file with every draft moved."""

import json
import sys
from pathlib import Path

from qgis.core import (  # type: ignore[import-not-found]
    Qgis,
    QgsApplication,
    QgsCoordinateTransformContext,
    QgsFeatureRequest,
    QgsVectorDataProvider,
    QgsVectorFileWriter,
    QgsVectorLayer,
)


def main() -> None:
    """`qgis_editing.py ADDRESS FOLDER EAST`: EAST is by how many degrees every draft is moved."""
    address, folder, east = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    application = QgsApplication([], False)
    application.initQgis()
    drafts = QgsVectorLayer(f"url='{address}' typename='boundary_drafts'", "drafts", "OAPIF")
    can = drafts.dataProvider().capabilities()
    told = {
        "version": Qgis.QGIS_VERSION_INT,
        "drafts": drafts.featureCount(),
        "may": bool(can & (QgsVectorDataProvider.AddFeatures | QgsVectorDataProvider.ChangeGeometries)),
        "editing": drafts.startEditing(),
    }
    moved = drafts.materialize(QgsFeatureRequest())
    moved.startEditing()
    for one in moved.getFeatures():
        shape = one.geometry()
        shape.translate(east, 0)
        moved.changeGeometry(one.id(), shape)
    moved.commitChanges()
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", "边界"
    file, context = str(folder / "边界.gpkg"), QgsCoordinateTransformContext()
    told["refused"] = QgsVectorFileWriter.writeAsVectorFormatV3(moved, file, context, options)[1]
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")
    application.exitQgis()


main()
