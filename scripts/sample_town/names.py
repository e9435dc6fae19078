"""Invented names: communities by the age of their quarter, service companies, and managers who are plainly placeholders."""

from __future__ import annotations

from random import Random

_FIRST = "翠锦瑞嘉福康盛兰枫云春玉碧晨望听凌明晴香"
_SECOND = "湖林园景泰华源澜苑庭"
_SUFFIX = {
    "old": ("新村", "小区", "里", "小区", "新村"),
    "middle": ("小区", "花园", "家园", "新村", "花苑"),
    "new": ("府", "公馆", "雅居", "名邸", "湾", "花园", "城"),
}
_LANE = (
    "状元里", "学宫后小区", "绣楼里", "水井头新村", "米市口小区", "官盐仓小区", "文庙后小区", "钟楼底小区", "老城门新村", "河埠头小区",
    "码头新村", "柳荫里", "石板街小区", "灯笼里", "茶馆口小区", "衙前里", "竹器社宿舍", "酱坊后小区", "草席厂宿舍", "铜匠里", "伞铺里",
    "药材站宿舍", "西河沿小区", "土产公司宿舍", "府后新村", "百货站宿舍",
)  # fmt: skip
WORKS = (
    "织造厂宿舍", "机务段宿舍", "棉麻公司宿舍", "铁路工房", "水泥制管厂宿舍", "农机厂宿舍", "粮油站宿舍", "航运社宿舍", "搬运站宿舍", "东堤安置房",
    "西郊安置房", "砂石站宿舍",
)  # fmt: skip
_VILLAGES = ("大岙", "望舟", "沿河", "塘口")
_COMPANIES = (
    "安居",
    "佳园",
    "和悦",
    "惠民",
    "锦绣",
    "临湖",
    "同心",
    "众安",
    "绿城苑",
    "新家园",
    "长宁",
    "德信",
    "万邻",
)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严金魏陶姜"


class NameBook:
    """Hands out every community name once, in an order that the seed fixes."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._stems = [a + b for a in _FIRST for b in _SECOND if a != b]
        rng.shuffle(self._stems)
        self._lanes = list(_LANE)
        rng.shuffle(self._lanes)
        self._works = list(WORKS)
        self._villages = list(_VILLAGES)

    def community(self, age: str) -> str:
        """A name not given before, in the manner of the age: old, middle or new."""
        if age == "old" and self._lanes:
            return self._lanes.pop()
        stem = self._stems.pop()
        choices = [s for s in _SUFFIX[age] if s[0] not in stem and s[-1] not in stem]
        return stem + self._rng.choice(choices)

    def works(self) -> str:
        """The name of a dormitory or resettlement house."""
        return self._works.pop(0)

    def phases(self, age: str, count: int) -> list[str]:
        """Names of several communities that belong together."""
        if age != "new" and count == 2 and self._villages:
            stem = self._villages.pop()
            return [f"{stem}一村", f"{stem}二村"]
        stem = self.community("middle" if age == "old" else age)
        words = self._rng.choice((("一期", "二期", "三期"), ("东区", "西区", "南区"), ("一期", "二期", "三期")))
        return [f"{stem}{word}" for word in words[:count]]


def company(rng: Random) -> str:
    """A service company that says of itself that it is an example."""
    return f"示例{rng.choice(_COMPANIES)}物业服务有限公司"


def person(rng: Random) -> str:
    """A placeholder for a person's name."""
    return rng.choice(_SURNAMES) + "某" + rng.choice("甲乙丙丁戊己庚辛")


def phone(rng: Random) -> str:
    """A number that looks like a mobile phone's and is a placeholder."""
    return f"1380000{rng.randint(0, 9999):04d}"
