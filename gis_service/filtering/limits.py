"""Filters as they came in, nothing out: those too long or too deep are refused before the parser sees them.

The parser (PyPI `cql2` 0.6) overflows the stack on deep nesting, which ends the process; and where a text has a
mistake, each group of parentheses around it doubles the reading, so that 32 of them alone would take minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gis_service.filtering.model import FilterError

LONGEST = 16_000  # characters: the outline of a county fits
DEEPEST = 32  # groups, functions and operators inside each other
MOST_LINKS = 500  # AND and OR
_GEOMETRY = 8  # brackets that a geometry has inside an operation
_MOST_READING = 1 << 19  # characters, each counted as often as the parser may read it: under a second
_TEXT = re.compile(
    r"""(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<word>[^\W\d][\w.:]*)|(?P<mark>[(),]|[<>=!]+|[-+*/%^])"""
)
_JSON = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)
_LINKS = {"and", "or"}
_OPERATORS = {"not", "in", "like", "between", "is", "div"}


def check_text(text: str) -> None:
    """FilterError for a text filter that must not reach the parser."""
    _check_length(text)
    scan = _Scan()
    for token in _TEXT.finditer(text):
        scan.advance(token)
    scan.end(len(text))


def check_json(text: str) -> None:
    """FilterError for a JSON filter that must not reach the parser."""
    _check_length(text)
    depth = 0
    for token in _JSON.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.group(), 0)
        if depth > 2 * DEEPEST:  # an operation has two brackets: its own and that of its arguments
            raise _too_deep()


def check_tree(tree: object) -> None:
    """FilterError for a tree too deep to walk: the parser takes AND for a name where a value should stand."""
    level = [tree]
    for _ in range(2 * DEEPEST + _GEOMETRY):
        level = [inside for node in level for inside in _inside(node)]
        if not level:
            return
    raise _too_deep()


def _inside(node: object) -> Iterable[object]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


@dataclass
class _Scan:
    """How deep the text is so far; `around` holds, for each open parenthesis, what held where it stands."""

    depth: int = 0
    floor: int = 0  # the depth at the start of the innermost parenthesis
    groups: int = 0  # open parentheses that belong to no function
    around: list[tuple[int, int, int]] = field(default_factory=list)
    links: int = 0
    reading: int = 0
    read_to: int = 0
    after_name: bool = False

    def advance(self, token: re.Match[str]) -> None:
        self.end_of_reading(token.end())
        named, self.after_name = self.after_name, False
        if token["word"]:
            self._word(token["word"].lower())
        elif token["mark"] == "(":
            self.around.append((self.depth, self.floor, self.groups))
            self._deeper()
            self.floor = self.depth
            self.groups += not named
        elif token["mark"] == ")":
            if not self.around:
                raise FilterError(f"filter 第 {token.start() + 1} 个字：多出一个右括号")
            self.depth, self.floor, self.groups = self.around.pop()
        elif token["mark"] == ",":
            self.depth = self.floor
        elif token["mark"]:
            self._deeper()

    def _word(self, word: str) -> None:
        if word in _LINKS:
            self.depth = self.floor
            self.links += 1
            if self.links > MOST_LINKS:
                raise FilterError(f"filter 中的条件过多（AND 和 OR 最多 {MOST_LINKS} 个），同一字段的多个值请用 IN")
        elif word in _OPERATORS:
            self._deeper()
        else:
            self.after_name = True

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _too_deep()

    def end_of_reading(self, position: int) -> None:
        self.reading += (position - self.read_to) << self.groups
        self.read_to = position
        if self.reading > _MOST_READING:
            raise FilterError("filter 的括号嵌套过深而内容过长，请减少括号的层数")

    def end(self, length: int) -> None:
        self.end_of_reading(length)
        if self.around:
            raise FilterError(f"filter 缺少 {len(self.around)} 个右括号")


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise FilterError(f"filter 过长：有 {len(text)} 个字，最多 {LONGEST} 个")
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise FilterError("filter 含有不可用的字符")


def _too_deep() -> FilterError:
    return FilterError(f"filter 嵌套过深：括号、函数和运算最多 {DEEPEST} 层")
