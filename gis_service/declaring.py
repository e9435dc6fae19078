"""A TOML file that declares something in; the model it declares, or a refusal that names file and key, out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from gis_service.errors import DeclarationError

_ID = re.compile(r"[a-z][a-z0-9_]*")


class Declared(BaseModel):
    """Something that a file declares; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


D = TypeVar("D", bound=Declared)
Contradictions = Iterable[tuple[str, str]]  # keys, and what is untrue of each


def declared(kind: type[D], file: Path, contradictions: Callable[[D], Contradictions] = lambda _: ()) -> D:
    """What the file declares; its `id` is the stem of its name. DeclarationError tells every slip at once."""
    place = f"{file.parent.name}/{file.name}"
    if not _ID.fullmatch(file.stem):
        raise DeclarationError(f"{place}：文件名只能用小写字母、数字和下划线")
    found = _parsed(kind, place, {"id": file.stem, **_toml(place, file)})
    wrong = [f"{place}：{key}：{words}" for key, words in contradictions(found)]
    if found.model_dump(include={"id"})["id"] != file.stem:
        wrong.append(f"{place}：id：应与文件名相同，不必填写")
    if wrong:
        raise DeclarationError("\n".join(wrong))
    return found


def _toml(place: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise DeclarationError(f"{place}：不是有效的 TOML（{problem}）") from problem


def _parsed(kind: type[D], place: str, given: Mapping[str, Any]) -> D:
    try:
        return kind.model_validate(given)
    except ValidationError as problem:
        wrong = [f"{place}：{_key(error)}：{_complaint(error)}" for error in problem.errors()]
        raise DeclarationError("\n".join(dict.fromkeys(wrong))) from problem


def _key(error: ErrorDetails) -> str:
    """The key as a person finds it in the file, such as `style.rule[2].fill`."""
    path = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    return re.sub(r"\.(bool|int|float|str)$", "", path.removeprefix("."))


def _complaint(error: ErrorDetails) -> str:
    given = str(error["input"])[:40]
    match error["type"]:
        case "extra_forbidden":
            return "不认识的键"
        case "missing":
            return "缺少这个键"
        case "literal_error" | "enum":
            return f"填写了“{given}”，可填 {error['ctx']['expected']}".replace(" or ", "、")
        case "string_pattern_mismatch":
            return f"“{given}”的写法不对，应符合 {error['ctx']['pattern']}"
        case "string_too_short" | "too_short":
            return "不能为空"
        case _:
            return f"“{given}”的类型或范围不对"
