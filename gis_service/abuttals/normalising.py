"""Text as typed in, glyphs out: one folded character for each that counts, every one knowing where it stood."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from gis_service.abuttals.reading import Glyphs

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫"
_PUNCTUATION = {
    **dict.fromkeys("([{（［｛【〔〖", "("),
    **dict.fromkeys(")]}）］｝】〕〗", ")"),
    **dict.fromkeys("—–－‐‑‒―─━~～〜∼→➔➡⇒", "-"),
    **dict.fromkeys("“”„‟\"＂「」『』‘’'＇《》〈〉", "“"),
    **dict.fromkeys(",，﹐", "，"),
    **dict.fromkeys(f";；﹔|｜‖{_CIRCLED}", "；"),
    **dict.fromkeys(":：﹕∶", "："),
    **dict.fromkeys("。｡!！?？", "。"),
    **dict.fromkeys("、､﹑", "、"),
    **dict.fromkeys("\n\r\u2028\u2029", "\n"),
    **dict.fromkeys("…⋯", "…"),
}
_SIMPLIFIED = dict(
    zip(
        "東與臨鄰連達為爲圍範區線牆規劃側邊積約內紅號無從際見圖邁號園鎮鄉縣橋樓綫莊場廠衛間頭灣島廣電學會業門縱橫環點長總沒個們後裡裏漢龍鐵經過軌車館庫隔濱靠農齊雲",
        "东与临邻连达为为围范区线墙规划侧边积约内红号无从际见图迈号园镇乡县桥楼线庄场厂卫间头湾岛广电学会业门纵横环点长总没个们后里里汉龙铁经过轨车馆库隔滨靠农齐云",
        strict=True,
    )
)
_BREAK_TAG = re.compile(r"<br\s{0,3}/?>|\\n", re.IGNORECASE)
_INVISIBLE = {"Cf", "Cc", "Cs", "Co", "Cn"}


def fold(text: str) -> Glyphs:
    """The glyphs of a sentence: blanks gone, widths and brackets made one, traditional words matched as simplified."""
    chars: list[str] = []
    shown: list[str] = []
    at: list[int] = []
    spaced: set[int] = set()
    counted: set[int] = set()
    blank = False
    for index, char in enumerate(_without_tags(text)):
        if _is_blank(char):
            blank = True
            continue
        if blank:
            spaced.add(len(chars))
            blank = False
        if char in _CIRCLED:
            counted.add(len(chars))
        for wide in _width(char):
            chars.append(_SIMPLIFIED.get(wide, _PUNCTUATION.get(wide, wide)))
            shown.append(char if wide in _PUNCTUATION else wide)
            at.append(index)
    return Glyphs(text, _stops("".join(chars)), "".join(shown), tuple(at), frozenset(spaced), frozenset(counted))


def _without_tags(text: str) -> str:
    """The same length, with HTML line breaks as line breaks."""
    return _BREAK_TAG.sub(lambda tag: "\n" + " " * (len(tag[0]) - 1), text)


@lru_cache(maxsize=8192)
def _is_blank(char: str) -> bool:
    return char not in "\n\r\u2028\u2029" and (char.isspace() or unicodedata.category(char) in _INVISIBLE)


@lru_cache(maxsize=8192)
def _width(char: str) -> str:
    """Half-width form; a sign that would fold to several characters is kept, save for units such as ㎡."""
    if char in _PUNCTUATION:
        return char
    folded = unicodedata.normalize("NFKC", char)
    keep = len(folded) == 1 or char in "㎡㎢㎞㎜"
    return folded if keep and not folded.isspace() else char


def _stops(chars: str) -> str:
    """A dot or comma between digits stays what it is in a number; a dot after a Chinese word ends the sentence."""
    chars = re.sub(r"(?<=\d)，(?=\d{3}(?!\d))", ",", chars)
    chars = re.sub(r"\.{2,}", lambda dots: "…" * len(dots[0]), chars)
    return re.sub(r"(?<=[\u4e00-\u9fff)])\.(?=[\u4e00-\u9fff(]|$)", "。", chars)
