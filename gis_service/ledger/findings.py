"""The issues of one workbook while it is read: each method takes a place and says in Chinese what is wrong there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from gis_service.issues import Issue, Severity, Where
from gis_service.ledger import limits


@dataclass(frozen=True)
class Findings:
    """Issues of a file, in reading order; `of_sheet` gives a view that names the sheet and fills the same list."""

    file: str
    sheet: str = ""
    issues: list[Issue] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def of_sheet(self, sheet: str) -> Findings:
        """The same list of issues, with the sheet named in every new one."""
        return Findings(self.file, sheet, self.issues, self.left_out)

    def error(self, code: str, message: str, where: Where | None = None) -> None:
        """Add an issue that costs the row or the file."""
        self._add(Issue(code, message, Severity.ERROR, where or self.place()))

    def warning(self, code: str, message: str, where: Where | None = None) -> None:
        """Add an issue that costs a value."""
        self._add(Issue(code, message, Severity.WARNING, where or self.place()))

    def note(self, code: str, message: str, where: Where | None = None) -> None:
        """Add an issue that costs nothing but deserves a look."""
        self._add(Issue(code, message, Severity.NOTE, where or self.place()))

    def tell_left_out(self) -> None:
        """Add how many issues beyond the limit were counted only."""
        if self.left_out:
            count, first = sum(self.left_out.values()), self.left_out.most_common(1)[0][0]
            message = f"另有 {count} 处问题没有逐条列出（最多列 {limits.MAX_ISSUES} 处），多数同“{first}”"
            self.issues.append(Issue("issues_left_out", message, Severity.WARNING, Where(self.file)))

    def _add(self, issue: Issue) -> None:
        if len(self.issues) < limits.MAX_ISSUES:
            self.issues.append(issue)
        else:
            self.left_out[issue.message] += 1

    def place(self, row: int | None = None, column: str = "", cell: str = "") -> Where:
        """A place in this sheet."""
        return Where(self.file, self.sheet, row, column, cell)
