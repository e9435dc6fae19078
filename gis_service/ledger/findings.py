"""The issues of one workbook while it is read: each method takes a place and says in Chinese what is wrong there."""

from __future__ import annotations

from dataclasses import dataclass, field

from gis_service.issues import Issue, Severity, Where


@dataclass(frozen=True)
class Findings:
    """Issues of a file, in reading order; `of_sheet` gives a view that names the sheet and fills the same list."""

    file: str
    sheet: str = ""
    issues: list[Issue] = field(default_factory=list)

    def of_sheet(self, sheet: str) -> Findings:
        """The same list of issues, with the sheet named in every new one."""
        return Findings(self.file, sheet, self.issues)

    def error(self, code: str, message: str, where: Where | None = None) -> None:
        """Add an issue that costs the row or the file."""
        self.issues.append(Issue(code, message, Severity.ERROR, where or self.place()))

    def warning(self, code: str, message: str, where: Where | None = None) -> None:
        """Add an issue that costs a value."""
        self.issues.append(Issue(code, message, Severity.WARNING, where or self.place()))

    def note(self, code: str, message: str, where: Where | None = None) -> None:
        """Add an issue that costs nothing but deserves a look."""
        self.issues.append(Issue(code, message, Severity.NOTE, where or self.place()))

    def place(self, row: int | None = None, column: str = "", cell: str = "") -> Where:
        """A place in this sheet."""
        return Where(self.file, self.sheet, row, column, cell)
