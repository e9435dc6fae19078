"""The code lists of the two ledgers and of the hazard surveys, as enums that know their Chinese words."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Self


class _Coded(IntEnum):
    """A ledger code: the digit that may stand in a cell, and the words that may stand there instead."""

    words: str
    synonyms: tuple[str, ...]

    def __new__(cls, code: int, words: str, *synonyms: str) -> Self:
        member = int.__new__(cls, code)
        member._value_ = code
        member.words = words
        member.synonyms = synonyms
        return member

    @classmethod
    def numbered(cls, code: int) -> Self:
        """The member with this digit; `KeyError` for a code that the list lacks."""
        return {int(member): member for member in cls}[code]

    @classmethod
    def range_text(cls) -> str:
        """The codes that may be filled in, such as `1–6`."""
        return f"{min(cls)}–{max(cls)}"


class ServiceForm(_Coded):
    """物业服务形态 (附件1)."""

    PROFESSIONAL = 1, "专业化物业服务", "专业化", "专业物业", "专业化物业", "市场化物业"
    NEIGHBORHOOD = 2, "社区统管", "社区托管", "社区代管"
    EMPLOYER = 3, "单位代管", "单位自管", "产权单位代管"
    SELF_MANAGED = 4, "居民自管", "业主自管", "自管"
    NONE = 5, "无物管", "无物业", "失管", "无物业管理"
    OTHER = 6, "其它形态", "其他形态", "其它", "其他"


class CommitteeState(_Coded):
    """业主委员会组建情况 (附件1)."""

    OWNERS_COMMITTEE = 1, "业主委员会", "业委会", "已成立业委会"
    PROPERTY_COMMITTEE = 2, "物业管理委员会", "物管会"
    NONE = 3, "未成立", "无", "未组建"


class PartyCoverage(_Coded):
    """党的工作覆盖情况 (附件1)."""

    COMMITTEE = 1, "党委"
    GENERAL_BRANCH = 2, "党总支", "总支"
    BRANCH = 3, "党支部", "支部"
    WORKING_GROUP = 4, "党的工作小组", "党小组", "党的工作组"
    NONE = 5, "未成立", "无", "未覆盖"


class ProblemGroup(StrEnum):
    """The five groups of 问题类别 (附件2)."""

    SANITATION = "卫生环境"
    ORDER_AND_SAFETY = "公共秩序和公共安全"
    FUNDS_AND_FEES = "侵占共有资金和违规收费"
    SERVICE = "服务不到位"
    OTHER = "其他"


class ProblemCategory(_Coded):
    """问题类别 1–22 (附件2); counties may add numbers to the group 其他, which are kept as plain numbers."""

    CLEANING = 1, "保洁绿化不到位"
    FACILITY_UPKEEP = 2, "道路、排水、照明等设施维护不到位"
    SPACE_OCCUPATION = 3, "侵占、改变公共空间用途"
    LIVESTOCK = 4, "饲养家禽家畜"
    PARKING = 5, "停车秩序混乱"
    LIFTS = 6, "电梯、机械停车设备管理不到位"
    LIFT_KICKBACKS = 7, "电梯维保吃拿回扣"
    LOAD_BEARING = 8, "破坏承重结构"
    CIVIL_DEFENCE = 9, "人防工程管理不到位"
    FIRE_EQUIPMENT = 10, "消防设施器材、消防控制室管理不到位"
    FIRE_LANES = 11, "消防车道、安全出口、登高场地堵塞或未划线"
    EBIKE = 12, "电动自行车违规停放充电"
    SHAFT_SEALING = 13, "管道井封堵不到位"
    MINI_FIRE_STATION = 14, "未建微型消防站"
    COMMON_FUNDS = 15, "侵占共有资金"
    PUBLIC_REVENUE = 16, "公共收益不公开"
    ILLEGAL_FEES = 17, "违规收费"
    SERVICE_STANDARD = 18, "服务不达标"
    COMPANY_LEFT = 19, "物业企业擅自撤离或拒不移交"
    OTHER_20 = 20, "其他问题（20）"
    OTHER_21 = 21, "其他问题（21）"
    OTHER_22 = 22, "其他问题（22）"

    @property
    def group(self) -> ProblemGroup:
        """The group of the category, by its number."""
        return problem_group(int(self))


def problem_group(category: int) -> ProblemGroup:
    """The group of a category number; numbers above 19 belong to 其他, also those a county added."""
    for last, group in (
        (4, ProblemGroup.SANITATION),
        (14, ProblemGroup.ORDER_AND_SAFETY),
        (17, ProblemGroup.FUNDS_AND_FEES),
        (19, ProblemGroup.SERVICE),
    ):
        if category <= last:
            return group
    return ProblemGroup.OTHER


FIRE_CATEGORIES = range(10, 15)  # what the fire brigade follows


class ProblemState(StrEnum):
    """Where a problem stands on its way to 销号."""

    FOUND = "found"
    RECTIFYING = "rectifying"
    WAITING = "waiting"
    CLOSED = "closed"

    @property
    def words(self) -> str:
        """The Chinese word shown to staff."""
        return {"found": "排查", "rectifying": "整改中", "waiting": "待核", "closed": "已销号"}[self.value]


class DeadlineState(StrEnum):
    """How a problem stands to its deadline, the most urgent first."""

    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    IN_TIME = "in_time"
    UNDATED = "undated"
    CLOSED = "closed"

    @property
    def words(self) -> str:
        """The Chinese word shown to staff."""
        words = {"overdue": "已逾期", "due_soon": "临近到期", "in_time": "期限内", "undated": "未定时限"}
        return {**words, "closed": "已销号"}[self.value]


class ProblemOrigin(StrEnum):
    """How a problem became known."""

    LEDGER = "ledger"
    SPOT = "spot"

    @property
    def words(self) -> str:
        """The Chinese word shown to staff."""
        return {"ledger": "台账", "spot": "现场上报"}[self.value]


class ProblemEventKind(StrEnum):
    """What somebody did about a problem."""

    REPORT = "report"
    START = "start"
    PLAN = "plan"
    REPORT_DONE = "report_done"
    CLOSE = "close"
    SEND_BACK = "send_back"
    REOPEN = "reopen"
    COMMENT = "comment"
    HAND_OVER = "hand_over"
    EVIDENCE = "evidence"

    @property
    def words(self) -> str:
        """The Chinese word shown to staff."""
        words = {
            "report": "现场上报",
            "start": "开始整改",
            "plan": "修改方案",
            "report_done": "申报整改完成",
            "close": "核验销号",
            "send_back": "退回整改",
            "reopen": "重新打开",
            "comment": "留言",
            "hand_over": "转办",
            "evidence": "上传证据",
        }
        return words[self.value]


class DivisionLevel(StrEnum):
    """Levels of administrative division: 市县(区), 街道/乡镇, 社区/村."""

    COUNTY = "county"
    STREET = "street"
    NEIGHBORHOOD = "neighborhood"


class PlaceKind(StrEnum):
    """What a landmark of a 四至 sentence can be on the ground."""

    ROAD = "road"
    RIVER = "river"
    LAKE = "lake"
    RAILWAY = "railway"
    WALL = "wall"
    ESTATE = "estate"
    PARK = "park"
    SCHOOL = "school"
    BUILDING = "building"
    AREA = "area"
    COUNTY = "county"
    STREET = "street"
    NEIGHBORHOOD = "neighborhood"


class ResolutionStatus(StrEnum):
    """How far a sentence became a polygon (落图)."""

    RESOLVED = "resolved"
    PARTIAL = "partial"
    AMBIGUOUS = "ambiguous"
    UNRESOLVED = "unresolved"

    @property
    def words(self) -> str:
        """The Chinese word shown to staff."""
        return {"resolved": "已落图", "partial": "部分落图", "ambiguous": "有歧义", "unresolved": "未落图"}[self.value]


class RevisionState(StrEnum):
    """Where a boundary stands between a clerk's draft and the agreed boundary."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    DISCARDED = "discarded"

    @property
    def words(self) -> str:
        """The Chinese word shown to staff."""
        return {
            "draft": "草图",
            "in_review": "审核中",
            "approved": "已核准",
            "sent_back": "已退回",
            "discarded": "已作废",
        }[self.value]


class Step(StrEnum):
    """What a person does with a revision of a boundary."""

    DRAFT = "draft"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    DISCARD = "discard"
    RETIRE = "retire"

    @property
    def words(self) -> str:
        """The Chinese word shown to staff."""
        return {
            "draft": "绘制",
            "submit": "提交审核",
            "withdraw": "撤回",
            "approve": "核准",
            "send_back": "退回",
            "discard": "作废",
            "retire": "停用",
        }[self.value]


class SuccessionKind(StrEnum):
    """How areas follow one another."""

    SPLIT = "split"
    MERGE = "merge"

    @property
    def words(self) -> str:
        """The Chinese word shown to staff."""
        return {"split": "分立", "merge": "合并"}[self.value]


class SuccessionState(StrEnum):
    """Where a proposed split or merge stands."""

    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"

    @property
    def words(self) -> str:
        """The Chinese word shown to staff."""
        return {"in_review": "审核中", "approved": "已核准", "sent_back": "已退回", "withdrawn": "已撤回"}[self.value]


class UncoveredReason(StrEnum):
    """Why a community is 失管; the three are never mixed."""

    DECLARED = "declared"
    LOST = "lost"
    SPATIAL = "spatial"

    @property
    def words(self) -> str:
        """The Chinese word shown to planners."""
        return {"declared": "台账登记无物管", "lost": "物业撤离", "spatial": "不在任何物业管理区域内"}[self.value]


class LaneResult(StrEnum):
    """The verdict on a fire lane; not measured is a third state, never a pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a secret
    FAIL = "fail"
    NOT_MEASURED = "not_measured"

    @property
    def words(self) -> str:
        """The Chinese word shown to the fire brigade."""
        return {"pass": "合格", "fail": "不合格", "not_measured": "未测量"}[self.value]


class ManholeState(StrEnum):
    """窨井盖状态; the campaign names the last four."""

    SOUND = "完好"
    MISSING = "缺失"
    BROKEN = "破损"
    SUNKEN = "下沉"
    LOOSE = "松动"


class ManholeKind(StrEnum):
    """窨井 by what runs below, with the codes of 建办督〔2021〕7号."""

    WATER = "上水"
    SEWER = "污水"
    STORM = "雨水"
    GRATE = "雨水箅子"
    POWER = "电力"

    @property
    def code(self) -> str:
        """The two-digit code of the kind."""
        return {"上水": "01", "污水": "02", "雨水": "03", "雨水箅子": "04", "电力": "05"}[self.value]


# 经开区 (a statistics code) and 高新区 (a township-level code) report beside the counties.
REPORTING_UNITS = {"340871": "经开区", "340803402": "高新区"}
