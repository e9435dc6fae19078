"""Files → rows of the store: dry run or commit, the same report; the sample town."""

from __future__ import annotations

from gis_service.imports.importing import KINDS, fingerprint, import_file
from gis_service.imports.refreshing import refresh_derived
from gis_service.imports.report import ImportReport
from gis_service.imports.sample import load_sample

__all__ = ["KINDS", "ImportReport", "fingerprint", "import_file", "load_sample", "refresh_derived"]
