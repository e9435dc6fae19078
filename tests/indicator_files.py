"""What tests of indicators share: two indicators that are declared by TOML alone, and how they are pushed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from gis_service.settings import Settings
from tests.web import SETTINGS

REPAIR = """
title = "维修资金续筹率"
period = "month"
subject = "area"
kind = "share"
aggregate = "mean"
system = "维修资金管理信息系统"
definition = "续筹到位的户数÷应续筹的户数，按物业管理区域汇总。"
"""
VOTING = """
title = "业主大会电子表决场次"
unit = "场"
period = "quarter"
subject = "community"
kind = "count"
aggregate = "sum"
system = "业主电子表决系统"
definition = "当季通过业主电子表决系统召开的业主大会场次，按小区汇总。"

[[classes]]
at_least = 0
title = "没有"

[[classes]]
at_least = 1
title = "有"
"""


def declared_in(folder: Path) -> Settings:
    """Settings under which the two indicators are declared, by files in the folder and nothing else."""
    folder.mkdir(exist_ok=True)
    (folder / "repair_fund.toml").write_text(REPAIR, encoding="utf-8")
    (folder / "owner_votes.toml").write_text(VOTING, encoding="utf-8")
    return SETTINGS.model_copy(update={"indicators_dir": folder})


def push(web: httpx.Client, indicator: str, rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """What became of the rows."""
    answer = web.put(f"/indicators/{indicator}/values", json=rows, **more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told
