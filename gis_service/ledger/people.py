"""物业服务企业及项目负责人 in one cell becomes a company, a manager and a phone number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gis_service.ledger.cells import long_text, narrow, says_nothing, short_text

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})[- ]?(\d{7,8})(?!\d)|(?<!\d)(\d{7,8})(?!\d)")
_NUMBERISH = re.compile(r"\d[\d -]{5,}\d")
_PHONE_LABEL = re.compile(r"(?:(?:联系)?(?:电话|手机|方式)(?:号码?)?|[Tt][Ee][Ll])[:：.\s]*$")
_MANAGER_LABEL = re.compile(r"(?:项目)?(?:负责人|经理|联系人)(?:姓名)?[:：]")
_COMPANY_LABEL = re.compile(r"(?:物业)?(?:服务)?(?:企业|公司)(?:名称)?[:：]")
_COMPANY = re.compile(
    r"^.*(?:公司|集团|中心|服务部|居委会|社区|村委会|单位|管理处|服务站|物业服务|物业管理|物业)(?=$|[\s、,，;；/／|(（\n])|^.*公司"
)
_BETWEEN = re.compile(r"[\s、,，;；/／|+:：()（）。]+")
_PERSON = re.compile(r"[\u3400-\u9fff]{2,4}(?:·[\u3400-\u9fff]{1,6})?")


@dataclass(frozen=True)
class CompanyAndManager:
    """Who serves an area. `bad_phone` is a number that is no telephone number, as written."""

    company: str = ""
    manager: str = ""
    manager_phone: str = ""
    bad_phone: str = ""


def split_people(text: str) -> CompanyAndManager:
    """Company, manager and phone of the cell, whatever stands between them.

    >>> split_people("安庆金桥物业有限公司 张三 138 0556 0000")
    CompanyAndManager(company='安庆金桥物业有限公司', manager='张三', manager_phone='13805560000', bad_phone='')
    """
    phone, bad, rest = _take_phone(narrow(long_text(text)))
    label = _MANAGER_LABEL.search(rest)
    if label:
        company, manager = rest[: label.start()], rest[label.end() :]
    else:
        company, manager = _company_first(_COMPANY_LABEL.sub("", rest).strip())
    return CompanyAndManager(_company(company), _manager(manager), phone, bad)


def phone_number(text: str) -> tuple[str, str]:
    """A telephone number and an empty text, or an empty text and what stands there instead."""
    phone, bad, rest = _take_phone(text)
    left = "" if phone else rest.strip()
    return phone, bad or ("" if says_nothing(left) else left)


def _take_phone(text: str) -> tuple[str, str, str]:
    for pattern, joint in ((_MOBILE, ""), (_LANDLINE, "-")):
        match = pattern.search(text)
        if match:
            phone = joint.join(group for group in match.groups() if group)
            return phone, "", _without(text, match)
    match = _NUMBERISH.search(text)
    if match:
        return "", match[0], _without(text, match)
    return "", "", text


def _without(text: str, number: re.Match[str]) -> str:
    return f"{_PHONE_LABEL.sub(' ', text[: number.start()])} {text[number.end() :]}"


def _company_first(text: str) -> tuple[str, str]:
    match = _COMPANY.match(text.replace("\n", " "))
    if match:
        return text[: match.end()], text[match.end() :]
    head, *tail = [part for part in _BETWEEN.split(text) if part] or [""]
    if tail and all(_PERSON.fullmatch(part) for part in tail):
        return head, "、".join(tail)
    return text, ""


def _company(text: str) -> str:
    name = short_text(_COMPANY_LABEL.sub("", text)).strip(" 、,，;；/／|:：")
    return "" if says_nothing(name) else name


def _manager(text: str) -> str:
    parts = [part for part in _BETWEEN.split(_MANAGER_LABEL.sub(" ", text)) if part and not says_nothing(part)]
    return "、".join(parts)
