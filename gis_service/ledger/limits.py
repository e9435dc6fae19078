"""How large a ledger may be before the rest of it is left unread; no city comes near these figures."""

from __future__ import annotations

MAX_FILE_BYTES = 100 * 1024 * 1024
MAX_SHEET_BYTES = 256 * 1024 * 1024  # one sheet, unpacked
MAX_STRINGS_BYTES = 64 * 1024 * 1024  # shared strings and styles, unpacked
MAX_PARTS = 1_000
MAX_SHEETS = 50
MAX_ROWS = 200_000
MAX_COLUMNS = 64
MAX_CELLS = 4_000_000  # cells of a sheet that hold something
MAX_CHARACTERS = 96_000_000  # all texts of a sheet together, shared strings counted as often as they are used
MAX_MERGES = 50_000
MAX_ISSUES = 20_000  # of a file, one by one; more are counted
