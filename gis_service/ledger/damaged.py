"""Why a file cannot be read as a workbook: a code and a Chinese reason, raised inside the room and made an issue."""

from __future__ import annotations


class PackageError(Exception):
    """The file is no workbook that can be read; `message` says in Chinese what it is and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
