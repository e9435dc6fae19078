"""The columns of the two official forms: titles as printed, and the other titles that counties write for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

Annex = Literal[1, 2]

ANNEX1_TITLE = "住宅物业管理区域信息台账"
ANNEX2_TITLE = "住宅物业服务问题整治工作台账"


@dataclass(frozen=True)
class Column:
    """One column: its key, the official title, other titles in use, and keys that may stand in for it when split."""

    key: str
    title: str
    synonyms: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


ANNEX1_FORM = (
    Column("seq", "序号", ("编号", "序")),
    Column(
        "area_name",
        "物业管理区域名称",
        ("物业区域名称", "区域名称", "物业管理区域", "管理区域名称", "物业项目名称", "物业管理区域名"),
    ),
    Column("community", "小区名称", ("小区名", "住宅小区名称", "住宅小区", "小区")),
    Column(
        "division",
        "所在市县(区)、街道、社区",
        (
            *("所在县(区)、街道、社区", "所在区县、街道、社区", "所在街道、社区", "所属县区街道社区", "市县区街道社区"),
            *("县区街道社区", "所在市、县(区)、街道(乡镇)、社区(村)", "所在市县(区)、街道(乡镇)、社区(村)"),
            *("所属区划", "所在区划", "行政区划", "所在区域", "所在地"),
        ),
        ("county", "street", "neighborhood"),
    ),
    Column(
        "abuttals",
        "四至范围",
        ("四至", "四至边界", "区域四至", "四至界限", "四至情况", "物业管理区域四至", "物业管理区域四至范围"),
        ("east", "south", "west", "north"),
    ),
    Column("service_form", "物业服务形态", ("服务形态", "物业形态", "物业管理形态", "物业服务类型", "物业服务方式")),
    Column(
        "committee",
        "业主委员会组建情况",
        ("业委会组建情况", "业主委员会成立情况", "业委会成立情况", "业主委员会情况", "业委会情况", "业主委员会"),
    ),
    Column(
        "party_coverage",
        "党的工作覆盖情况",
        ("党组织覆盖情况", "党的工作覆盖", "党建覆盖情况", "党组织组建情况", "党的组织覆盖情况"),
    ),
    Column(
        "company_manager",
        "物业服务企业及项目负责人",
        (
            *("物业服务企业及负责人", "物业企业及项目负责人", "物业公司及项目负责人", "物业服务企业和项目负责人"),
            *("物业服务企业、项目负责人", "物业服务企业及项目经理", "物业服务企业及项目负责人姓名"),
        ),
        ("company", "manager", "manager_phone"),
    ),
    Column("fee_rate", "物业费收缴率", ("收缴率", "物业服务费收缴率", "物业费收取率", "物业费收费率", "物业收费率")),
)

ANNEX1_PARTS = (
    Column("county", "市县(区)", ("所在市县(区)", "县区", "区县", "所在县区", "所在区县", "所属县区", "所属区县")),
    Column("street", "街道", ("所在街道", "街道乡镇", "镇街", "乡镇街道", "所属街道")),
    Column("neighborhood", "社区", ("所在社区", "社区村", "村社区", "所属社区")),
    Column("company", "物业服务企业", ("物业企业", "物业公司", "物业服务企业名称", "服务企业", "物业公司名称")),
    Column("manager", "项目负责人", ("负责人", "项目经理", "项目负责人姓名")),
    Column("area_code", "区域编号", ("物业管理区域编号", "物业管理区域编码", "管理区域编号", "区域编码", "区域代码")),
    Column("manager_phone", "联系电话", ("电话", "手机号码", "手机号", "联系方式", "项目负责人电话", "负责人电话")),
    Column("east", "东至", ("东", "东面", "东侧")),
    Column("south", "南至", ("南", "南面", "南侧")),
    Column("west", "西至", ("西", "西面", "西侧")),
    Column("north", "北至", ("北", "北面", "北侧")),
)

ANNEX2_FORM = (
    Column("seq", "序号", ("编号", "序")),
    Column("project_name", "项目名称", ("小区(项目)名称", "项目(小区)名称", "物业项目名称", "小区名称", "项目")),
    Column(
        "county", "所在区县", ("所在县区", "所在县(市、区)", "区县", "县区", "所在市县(区)", "所属区县", "所属县区")
    ),
    Column("company", "物业服务企业", ("物业企业", "物业公司", "物业服务企业名称", "服务企业")),
    Column("category", "问题类别", ("问题类型", "问题分类", "类别", "问题类别序号", "问题类别代码", "问题类别编号")),
    Column("content", "问题内容", ("存在问题", "具体问题", "问题描述", "主要问题", "存在的问题", "具体问题内容")),
    Column(
        "progress",
        "整改措施进展情况",
        (
            "整改措施及进展情况",
            "整改进展情况",
            "整改措施",
            "整改情况",
            "进展情况",
            "整改措施及进展",
            "整改措施、进展情况",
        ),
    ),
    Column(
        "responsible",
        "责任单位/人",
        ("责任单位及责任人", "责任单位、责任人", "责任单位和责任人", "责任单位(人)", "整改责任单位", "整改责任人"),
        ("responsible_unit", "responsible_person"),
    ),
    Column(
        "deadline", "整改完成时限", ("整改时限", "完成时限", "整改期限", "整改完成时间", "完成时间", "整改完成期限")
    ),
    Column("closed", "是否销号", ("销号", "销号情况", "是否已销号", "是否完成销号")),
    Column("remark", "备注", ("说明",)),
)

ANNEX2_PARTS = (
    Column("responsible_unit", "责任单位"),
    Column("responsible_person", "责任人"),
)

ANNEX1_COLUMNS = tuple(column.title for column in ANNEX1_FORM)
ANNEX2_COLUMNS = tuple(column.title for column in ANNEX2_FORM)
FORMS: dict[Annex, tuple[Column, ...]] = {1: ANNEX1_FORM, 2: ANNEX2_FORM}
PARTS: dict[Annex, tuple[Column, ...]] = {1: ANNEX1_PARTS, 2: ANNEX2_PARTS}
TITLES: dict[Annex, str] = {1: ANNEX1_TITLE, 2: ANNEX2_TITLE}
NAMING: dict[Annex, frozenset[str]] = {
    1: frozenset({"area_name", "community", "abuttals", "east", "south", "west", "north"}),
    2: frozenset({"project_name", "content"}),
}


def other(annex: Annex) -> Annex:
    """The other annex."""
    return 2 if annex == 1 else 1


@cache
def title_of(annex: Annex, key: str) -> str:
    """The official title of a column, by its key.

    >>> title_of(1, "fee_rate")
    '物业费收缴率'
    """
    return next(column.title for column in (*FORMS[annex], *PARTS[annex]) if column.key == key)
