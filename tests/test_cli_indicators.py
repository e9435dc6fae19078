"""`gis-service indicator`: figures of other systems listed, and taken from a sheet: good rows kept, bad ones told."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.command_line import run

pytestmark = pytest.mark.database


def test_a_sheet_is_taken_its_bad_rows_are_told_and_the_rest_is_kept(own_sample_engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "满意度.csv"
    rows = ("340811901,2023-Q4,81.5", "340811902,2023年第四季度,79", "3栋502,2023-Q4,90", "340811903,2023-Q4,120")
    file.write_text("编号,时段,数值\n" + "\n".join(rows) + "\n", encoding="gb18030")
    said = run("indicator", "load", "satisfaction", str(file), database=own_sample_engine)
    assert said.exit_code == 1, "some rows were refused"
    assert "物业服务满意度：4 行，新增 2，更正 0，不变 0，退回 2" in said.stdout
    assert "满意度.csv 第 4 行“编号”：没有编号为“3栋502”的区划（街道）" in said.output
    assert "第 5 行“数值”：填写了“120”，应在 0 至 100 之间" in said.output
    again = run("indicator", "load", "satisfaction", str(file), database=own_sample_engine)
    assert "新增 0，更正 0，不变 2，退回 2" in again.stdout
    with own_sample_engine.connect() as connection:
        by = connection.scalars(text("select distinct login from indicator_values where period = '2023-Q4'")).all()
    assert [one.split(":")[0] for one in by] == ["本机"]
    listed = run("indicator", "list", database=own_sample_engine).stdout
    assert "satisfaction\t物业服务满意度\tdivision\tquarter\t2023-Q4\t23" in listed


def test_with_whole_nothing_is_kept_and_names_that_are_not_known_are_told(
    own_sample_engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "满意度.csv"
    file.write_text("编号,时段,数值\n340811901,2022-Q1,81.5\n340811902,2022-Q1,高\n", encoding="utf-8")
    said = run("indicator", "load", "satisfaction", str(file), "--whole", database=own_sample_engine)
    assert said.exit_code != 0
    assert "1 行有误，全部没有收下" in said.output
    with own_sample_engine.connect() as connection:
        kept = text("select count(*) from indicator_values where period = '2022-Q1'")
        assert connection.scalar(kept) == 0
    assert "没有指标“none”" in run("indicator", "load", "none", str(file), database=own_sample_engine).output
    names = tmp_path / "名单.csv"
    names.write_text("编号,时段,数值,业主姓名\n", encoding="utf-8")
    refused = run("indicator", "load", "satisfaction", str(names), database=own_sample_engine)
    assert "不收个人、住户的数据" in refused.output
