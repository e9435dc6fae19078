"""Files → rows of the store: dry run or commit, the same report; the sample town."""

from __future__ import annotations

from gis_service.editing.refreshing import refresh_derived
from gis_service.imports.importing import KINDS, Options, fingerprint, import_file
from gis_service.imports.report import ImportReport
from gis_service.imports.sample import load_sample

__all__ = ["KINDS", "ImportReport", "Options", "fingerprint", "import_file", "load_sample", "refresh_derived"]
