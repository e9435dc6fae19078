"""所在市县(区)、街道、社区 in one cell, with or without separators, becomes county, street and neighborhood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from gis_service.ledger.cells import short_text

# 经开区 and 高新区 report beside the counties of 安庆 under these names, though neither is a GB/T 2260 county.
_REPORTING_UNITS = {
    "经济技术开发区": "经开区",
    "经济开发区": "经开区",
    "安庆经开区": "经开区",
    "安庆经济技术开发区": "经开区",
    "安庆经济开发区": "经开区",
    "高新技术产业开发区": "高新区",
    "高新技术开发区": "高新区",
    "安庆高新区": "高新区",
    "安庆高新技术产业开发区": "高新区",
}
_SEPARATORS = re.compile(r"[\s、,，;；/／\\|·—>\-]+")
_PROVINCE = re.compile(r"^[\u4e00-\u9fff]{2,3}省")
_COUNTY = re.compile(r"^(?:.{2,}?市|.县(?!城)|.{2,}?县(?!城)|.{2,}?(?<![社小街景])区)")
_STREET = re.compile(r"^(?:.+(?:街道|镇|乡)$|.+?街道|.+?[镇乡](?!路|街))")
_OFFICE = re.compile(r"^(?:办事处|办)")
_NEIGHBORHOOD = re.compile(r"(?:社区|村|居委会|居民委员会|村委会|村民委员会|居)$")
_ONLY_SUFFIX = re.compile(r"^(?:社区|村|居委会|街社区|街村)$")


@dataclass(frozen=True)
class DivisionNames:
    """Names of the three levels; an empty text where the cell does not say."""

    county: str = ""
    street: str = ""
    neighborhood: str = ""


@lru_cache(maxsize=4096)
def split_division(text: str) -> DivisionNames:
    """The three levels that the text names, by their suffix, else by their position; several 社区 are joined by 、.

    >>> split_division("安庆市迎江区孝肃路街道墨子巷社区")
    DivisionNames(county='迎江区', street='孝肃路街道', neighborhood='墨子巷社区')
    >>> split_division("经开区/老峰镇/朝阳村").county
    '经开区'
    """
    found: dict[str, str] = {}
    for token in _SEPARATORS.split(_flat(text)):
        _take(_PROVINCE.sub("", token), found)
    county = found.get("county", "")
    return DivisionNames(
        _REPORTING_UNITS.get(county, county), found.get("street", ""), _neighborhood(found.get("neighborhood", ""))
    )


def _flat(text: str) -> str:
    return re.sub(r"[()（）]", " ", short_text(text.replace("\n", "、")))


def _take(token: str, found: dict[str, str]) -> None:
    token = _take_county(token, found)
    token = _take_street(token, found)
    if not token:
        return
    if _NEIGHBORHOOD.search(token) or found.get("street"):
        held = found.get("neighborhood")
        found["neighborhood"] = f"{held}、{token}" if held else token
    else:
        found["street" if found.get("county") else "county"] = token


def _take_county(token: str, found: dict[str, str]) -> str:
    while not found.get("street") and (not found.get("county") or found["county"].endswith("市")):
        match = _COUNTY.match(token)
        if match is None or (found.get("county") and match[0].endswith("市") and match[0] == found["county"]):
            break
        found["county"] = match[0]
        token = token[match.end() :]
    return token


def _take_street(token: str, found: dict[str, str]) -> str:
    match = None if found.get("street") else _STREET.match(token)
    if match is None or _ONLY_SUFFIX.match(token[match.end() :]):
        return token
    found["street"] = match[0]
    return _OFFICE.sub("", token[match.end() :])


def _neighborhood(name: str) -> str:
    return re.sub(r"(?<=社区)(?:居民委员会|居委会)$|(?<=村)(?:村民委员会|委会)$", "", name)
