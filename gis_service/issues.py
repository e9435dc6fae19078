"""What is wrong with data: a code, where it stands, and who mends it. Misuse of the service is in `errors`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much of the row an issue costs."""

    ERROR = "error"  # the row (or file) cannot be used
    WARNING = "warning"  # the row is kept, the value is not
    NOTE = "note"  # the row and the value are kept; somebody should look


class Mender(StrEnum):
    """Who can put an issue right."""

    STAFF = "staff"  # whoever fills in the ledger
    SURVEYOR = "surveyor"  # whoever keeps the gazetteer
    OPERATOR = "operator"  # whoever runs the service


@dataclass(frozen=True)
class Where:
    """A place in a file: sheet name, row as Excel numbers it (from 1), column title and cell (such as C12)."""

    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    cell: str = ""

    def __str__(self) -> str:
        parts = [self.file, f"工作表“{self.sheet}”" if self.sheet else ""]
        parts.append(f"第 {self.row} 行" if self.row else "")
        parts.append(f"“{self.column}”" if self.column else "")
        parts.append(f"（{self.cell}）" if self.cell else "")
        return "".join(part for part in parts if part)


@dataclass(frozen=True)
class Issue:
    """One thing wrong with data, said in Chinese, with the place to mend it.

    >>> str(Issue("code_unknown", "填写了“7”，可填 1–6", where=Where(sheet="附件1", row=12, column="物业服务形态")))
    '工作表“附件1”第 12 行“物业服务形态”：填写了“7”，可填 1–6'
    """

    code: str
    message: str
    severity: Severity = Severity.WARNING
    where: Where = field(default_factory=Where)
    mender: Mender = Mender.STAFF

    def __str__(self) -> str:
        place = str(self.where)
        return f"{place}：{self.message}" if place else self.message
