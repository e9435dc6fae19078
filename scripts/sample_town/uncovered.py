"""The list of uncovered communities worked out from how the town was laid out, to hold the analysis against."""

from __future__ import annotations

import csv
import io

from scripts.sample_town.annex2 import lost
from scripts.sample_town.rows import rows
from scripts.sample_town.town import Community, town

COLUMNS = ("code", "name", "reason", "boundary_pending", "evidence")
Finding = tuple[Community, str, bool, str]


def expected() -> list[Finding]:
    """Community, reason, whether a boundary is still to come, and the sentence of evidence."""
    out: list[Finding] = []
    for row in rows():
        for community in row.area.communities:
            if row.form == 5:
                out.append(
                    (community, "declared", False, f"附件1 序号 {row.seq} “{row.area.name}” 的物业服务形态为 5 无物管")
                )
            if row.area.role == "pending":
                said = row.sentence or "（空白）"
                out.append(
                    (community, "spatial", True, f"附件1 序号 {row.seq} 的四至“{said}”无法落图，也还没有商定的边界")
                )
    out += [(c, "lost", False, f"附件2 “{c.name}” 的问题类别 19（物业企业撤离）未销号") for c in lost()]
    out += [(c, "spatial", False, f"{why}，不在任何物业管理区域内") for c, why in town().uncovered]
    return sorted(out, key=lambda finding: (finding[0].code, finding[1]))


def table() -> str:
    """The list as CSV text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for community, reason, pending, evidence in expected():
        writer.writerow((community.code, community.name, reason, "true" if pending else "false", evidence))
    return buffer.getvalue()
