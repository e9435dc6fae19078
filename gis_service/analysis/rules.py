"""`hazard_rules.toml` in; the rules that hazards are held against, each with its clause and figure, out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from gis_service.analysis.findings import Check, measured, observed
from gis_service.declaring import Declared, declared

FILE = Path(__file__).with_name("hazard_rules.toml")
CATEGORIES = {"fire_lane": "消防车道", "ebike_place": "电动自行车停放充电场所", "manhole": "窨井盖"}
_LAYERS = {"fire_lane": "fire_lanes", "ebike_place": "ebike_charging", "manhole": "manholes"}
COMPARATORS = {"at_least": "不小于", "at_most": "不大于", "is": "为"}
_ASKED_FOR = {
    "fire_lane": "clear_width clear_height gradient wall_distance turning turning_high_rise turning_heavy"
    " lane_blocked lane_marked",
    "ebike_place": "on_lane place_area group_length socket_spacing exits near_sensitive micro_places",
    "manhole": "repair_hours",
}


class Rule(Declared):
    """A figure, or a yes or no, that a measurement must meet; `clause` is empty where no text confirms it."""

    id: str
    category: Literal["fire_lane", "ebike_place", "manhole"]
    title: str
    clause: str
    text: str
    comparator: Literal["at_least", "at_most", "is"]
    value: bool | float
    unit: str
    source: str

    def check(self, value: object) -> Check:
        """Whether the value meets the rule; the limit itself does. Not measured is neither."""
        if self.comparator == "is":
            seen = observed(value)
            return self.said(None if seen is None else seen is self.value, self.title)
        number = measured(value)
        if number is None:
            return self.said(None, "")
        met = number <= self.value if self.comparator == "at_most" else number >= self.value
        return self.said(met, self._words(number, met=met))

    def said(self, met: bool | None, words: str) -> Check:
        """What was found of this rule, in words of one's own."""
        return Check(met, self.title, words, self.clause)

    @property
    def requirement(self) -> str:
        """The figure as people read it: 不小于 4 m, 为否."""
        if self.comparator == "is":
            return f"{COMPARATORS['is']}{'是' if self.value else '否'}"
        return f"{COMPARATORS[self.comparator]} {self.value:.10g} {self.unit}"

    @property
    def layer(self) -> str:
        """The layer whose features are held against it."""
        return _LAYERS[self.category]

    def _words(self, number: float, *, met: bool) -> str:
        value = f"{self.title} {number:.10g} {self.unit}"
        return value if met else f"{value}，要求{self.requirement}"


Rules = Mapping[str, Rule]


class Rulebook(Declared):
    """The file: every rule that the program asks for, once."""

    id: str
    rule: tuple[Rule, ...]


def load_rules(file: Path = FILE) -> dict[str, Rule]:
    """The rules by id; a DeclarationError names every slip of the file."""
    return {rule.id: rule for rule in declared(Rulebook, file, _contradictions).rule}


@cache
def standard() -> Rules:
    """The rules that came with the program, read once."""
    return load_rules()


def _contradictions(book: Rulebook) -> Iterator[tuple[str, str]]:
    wanted = {name: category for category, names in _ASKED_FOR.items() for name in names.split()}
    for name, count in Counter(rule.id for rule in book.rule).items():
        if count > 1:
            yield f"rule {name}", "写了不止一次"
        if name not in wanted:
            yield f"rule {name}", f"没有这样的规则，应为 {'、'.join(wanted)}"
    for missing in sorted(set(wanted) - {rule.id for rule in book.rule}):
        yield f"rule {missing}", "缺少这一条"
    for rule in book.rule:
        if rule.category != wanted.get(rule.id, rule.category):
            yield f"rule {rule.id}：category", f"应为 {wanted[rule.id]}"
        if isinstance(rule.value, bool) is not (rule.comparator == "is"):
            yield f"rule {rule.id}：value", "comparator 为 is 时写 true 或 false，否则写数"
        if bool(rule.clause) is not bool(rule.source):
            yield f"rule {rule.id}：source", "与 clause 同填同空"
