"""Codes in, Chinese issues out: everything the parser can find wrong with a sentence, in one table."""

from __future__ import annotations

from gis_service.issues import Issue, Severity

_SIDE_WORDS = {"E": "东", "S": "南", "W": "西", "N": "北", "NE": "东北", "SE": "东南", "SW": "西南", "NW": "西北"}
_MESSAGES = {
    "text_empty": "四至为空，请填写",
    "text_too_long": "四至文字过长，只读取了前 {limit} 个字符",
    "no_sides": "没有读出任何方位（东、南、西、北），请按“东至…，南至…，西至…，北至…”填写",
    "ring_without_directions": "只列出了围成一圈的道路，没有写明方位，请补写各侧方位",
    "refers_elsewhere": "写的是“{words}”，没有四至文字，请补写",
    "bracket_unbalanced": "括号不成对，请核对",
    "side_missing": "没有写{side}侧的界限",
    "side_repeated": "{side}侧写了不止一次，请核对是否为笔误",
    "sides_share_anchors": "{words}两侧一起写了几处界限，无法分清各属哪一侧，请分开写",
    "anchor_missing": "{side}侧只写了方位，没有写界限",
    "anchor_unnamed": "{side}侧的“{words}”没有名称，无法在地图上查找",
    "anchor_truncated": "{side}侧的“{words}”似乎没有写完",
    "anchor_refers_elsewhere": "{side}侧写的是“{words}”，请补写界限名称",
    "anchor_taken_over": "{side}侧写的是“{words}”，已按前文理解为“{names}”，请核对",
    "part_taken_over": "写的是“{words}”，已按前文所写的四至理解，请核对",
    "part_refers_elsewhere": "写的是“{words}”，本句前文没有对应的四至，请补写",
    "diagonal_side": "{side}方向的“{words}”不是正方位，已按相邻的空缺方位理解，请核对",
    "diagonal_extra": "另写了{side}方向的“{words}”，四个正方位已有界限，未采用",
    "offset_direction_missing": "{side}侧的“{words}”写了距离，没有写朝哪个方向",
    "verb_missing": "{side}侧只有方位，没有写“至”等字，已按该侧界限理解，请核对",
    "verb_doubled": "{side}侧的方位写重了，已按一次理解",
    "excluded_area_described": "除外的范围本身带有四至，该四至未作为本区域的界限",
}
_SEVERITIES = {
    "text_empty": Severity.ERROR,
    "no_sides": Severity.ERROR,
    "ring_without_directions": Severity.ERROR,
    "refers_elsewhere": Severity.ERROR,
    "verb_doubled": Severity.NOTE,
    "verb_missing": Severity.NOTE,
    "anchor_taken_over": Severity.NOTE,
    "part_taken_over": Severity.NOTE,
    "diagonal_side": Severity.NOTE,
    "diagonal_extra": Severity.NOTE,
}


def issue(
    code: str, *, side: str = "", severity: Severity | None = None, words: str = "", names: str = "", limit: int = 0
) -> Issue:
    """The issue of a code, its message filled in; `side` is a compass letter or pair of letters."""
    message = _MESSAGES[code].format(side=_SIDE_WORDS.get(side, ""), words=words, names=names, limit=limit)
    return Issue(code, message, severity=severity or _SEVERITIES.get(code, Severity.WARNING))
