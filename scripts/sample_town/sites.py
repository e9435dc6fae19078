"""What stands where: sites drawn by hand, places of the stories, and the 社区 of the town, as points in town metres."""

from __future__ import annotations

from dataclasses import dataclass

XY = tuple[float, float]


@dataclass(frozen=True)
class Site:
    """A park, school, works …: it takes the whole block at the point, or only a part of it."""

    name: str
    kind: str  # a PlaceKind
    at: XY
    whole: bool = False
    aliases: tuple[str, ...] = ()
    sensitive: bool = False  # no e-bike charging beside it


SITES: tuple[Site, ...] = (
    Site("镜月湖公园", "park", (-1365, 469), whole=True),
    Site("芦荡湿地公园", "park", (-999, 541), whole=True),
    Site("柳溪公园", "park", (-958, 696), whole=True),
    Site("望湖台公园", "park", (-1061, -371), whole=True, aliases=("南湖公园",)),
    Site("枫林公园", "park", (721, -840), whole=True),
    Site("河埠头公园", "park", (-397, 108), whole=True),
    Site("河湾公园", "park", (-115, -415), whole=True),
    Site("清波公园", "park", (771, -623), whole=True),
    Site("文澜广场", "park", (-30, 1020)),
    Site("临湖站", "area", (498, 96), whole=True, aliases=("临湖火车站",)),
    Site("东圃物流园", "area", (1328, 1197), whole=True),
    Site("临湖纺织产业园", "area", (1490, 1046), whole=True),
    Site("东郊机械厂", "area", (1642, -537), whole=True),
    Site("三号路标准厂房", "area", (1628, -161), whole=True),
    Site("沿湖货场", "area", (-724, -1279), whole=True),
    Site("城南粮库", "area", (-14, -617), whole=True),
    Site("南圩工业园", "area", (-132, -1338), whole=True),
    Site("凤南建材市场", "area", (602, -1332), whole=True),
    Site("机务段", "area", (522, 315), whole=True),
    Site("书院小学", "school", (-120, 200)),
    Site("砚池中学", "school", (-800, 1330)),
    Site("镜湖小学", "school", (-1300, -200)),
    Site("云岭中学", "school", (-1560, -350)),
    Site("学林小学", "school", (-850, -370)),
    Site("凤栖学校", "school", (350, -850)),
    Site("东湖小学", "school", (1000, 100)),
    Site("北山中学", "school", (130, 1600)),
    Site("桑园幼儿园", "school", (-880, 780), sensitive=True),
    Site("望岳幼儿园", "school", (1430, 580), sensitive=True),
    Site("柳堤幼儿园", "school", (440, -1150), sensitive=True),
    Site("清溪幼儿园", "school", (-1780, 20), sensitive=True),
    Site("临湖医院", "building", (480, 1000), sensitive=True, aliases=("临湖区人民医院（示例）",)),
    Site("南塘颐养院", "building", (700, -450), sensitive=True),
    Site("柳溪农贸市场", "building", (-450, 1380)),
)  # fmt: skip

LEFT_EMPTY: tuple[XY, ...] = ((-1199, -1044), (1074, -196), (-508, 59))  # fields and verges without houses

SHARED: tuple[XY, ...] = (  # several management areas in one block, parted by walls
    (-1289, -760), (-757, -235), (-626, 1039), (931, 377), (1183, -498), (1640, 278), (-373, 1573), (752, 451),
)  # fmt: skip

UNCOVERED: tuple[tuple[XY, str], ...] = (  # in no row of the ledger, with the reason a clerk would give
    ((-268, 390), "老城巷内自建房，从未纳入物业管理，台账无此小区"),
    ((-101, 540), "老城巷内自建房，从未纳入物业管理，台账无此小区"),
    ((81, 872), "原街道工厂零散宿舍，台账无此小区"),
    ((353, 120), "铁路西侧原职工宿舍，移交地方时漏报"),
    ((340, -115), "站前原职工宿舍，移交地方时漏报"),
    ((710, 611), "铁路西侧原机务段宿舍，移交地方时漏报"),
    ((158, -367), "铁路与河道之间的零散楼栋，台账无此小区"),
    ((266, -617), "沿河带状老旧楼栋，台账无此小区"),
    ((948, -1162), "城乡结合部安置房，尚未报送台账"),
    ((-1579, -803), "城乡结合部安置房，尚未报送台账"),
    ((1353, 753), "二环路夹角处零散楼栋，台账无此小区"),
    ((-9, -257), "河道与铁路夹角处老旧楼栋，台账无此小区"),
)

PENDING: tuple[tuple[XY, str], ...] = (  # in the ledger with a sentence that nobody can close; no boundary agreed yet
    ((663, 77), "东至空地，南至迎湖大道，西至铁东路，北至小路"),
    ((971, 567), "东至东湖路，南至望岳路，西至铁东路，北至规划路"),
    ((986, -30), "东至东湖路，南至小路，西至空地，北至迎湖大道"),
    ((1142, -352), "详见附图"),
    ((1101, 952), "东至铁东路，南至小路，西至农田，北至空地"),
    ((860, 1253), ""),
    ((-629, 493), "东起望舟大道，西至河边，南至水塘，北至桑园路"),
    ((1086, -806), "东至规划路，南至河道，西至围挡，北至清波路"),
)

PLACES_TWO_PHASES: tuple[XY, ...] = ((-743, -87), (670, -84))  # the second phase's row says 同上
VAGUE: tuple[XY, ...] = (  # four named lines on the ground, but the sentence leaves one of them unsaid
    (-1903, -104), (-1803, -473), (-718, -1000), (1634, 57), (207, -1279), (231, -1436), (1043, -1323), (-448, -1318),
)  # fmt: skip
DECLARED: tuple[XY, ...] = (  # form 5 in the ledger: eight whole blocks; the third has two communities
    (-417, 695),
    (-259, 507),
    (224, 221),
    (23, -794),
    (323, -372),
    (265, 590),
    (-1479, -712),
    (663, 77),
)
LOST: tuple[XY, ...] = ((-417, 695), (-406, 1040), (616, 1263), (1190, 307), (-128, 1301))  # problem 19 open


@dataclass(frozen=True)
class Street9:
    """A fictional 街道: nine digits, in a real county."""

    code: str
    name: str
    county_code: str
    county: str


@dataclass(frozen=True)
class Neighborhood:
    """A fictional 社区 grown around a point; its reporting unit may be 经开区 or 高新区."""

    name: str
    street: Street9
    at: XY
    unit: str = ""

    @property
    def reporting_unit(self) -> str:
        """Who reports for it; the county unless said otherwise."""
        return self.unit or self.street.county


LIUXI = Street9("340811901", "柳溪街道", "340811", "宜秀区")
YANCHI = Street9("340811902", "砚池街道", "340811", "宜秀区")
JINGHU = Street9("340811903", "镜湖街道", "340811", "宜秀区")
YUNLING = Street9("340811904", "云岭街道", "340811", "宜秀区")
FENGQI = Street9("340802901", "凤栖街道", "340802", "迎江区")
WANGYUE = Street9("340802902", "望岳街道", "340802", "迎江区")
DONGPU = Street9("340802903", "东圃街道", "340802", "迎江区")
STREETS9 = (LIUXI, YANCHI, JINGHU, YUNLING, FENGQI, WANGYUE, DONGPU)

NEIGHBORHOODS: tuple[Neighborhood, ...] = (
    Neighborhood("鼓楼社区", LIUXI, (-150, 330)),
    Neighborhood("书院社区", LIUXI, (-30, 780)),
    Neighborhood("西门社区", LIUXI, (-420, 620)),
    Neighborhood("桑园社区", LIUXI, (-700, 700)),
    Neighborhood("织造社区", LIUXI, (260, 230)),
    Neighborhood("竹溪社区", YANCHI, (-250, 1240)),
    Neighborhood("梅亭社区", YANCHI, (-850, 1150)),
    Neighborhood("玉屏社区", YANCHI, (350, 1130)),
    Neighborhood("荷风社区", YANCHI, (800, 1130)),
    Neighborhood("青禾社区", YANCHI, (480, 700)),
    Neighborhood("北山社区", YANCHI, (-300, 1600)),
    Neighborhood("石榴社区", YANCHI, (-1250, 1450)),
    Neighborhood("镜湖社区", JINGHU, (-1350, 350)),
    Neighborhood("苇塘社区", JINGHU, (-1800, 450)),
    Neighborhood("沙洲社区", JINGHU, (-950, 250)),
    Neighborhood("清溪社区", JINGHU, (-1560, -120)),
    Neighborhood("画溪社区", JINGHU, (-880, -130)),
    Neighborhood("云岭社区", YUNLING, (-1350, -450)),
    Neighborhood("学林社区", YUNLING, (-820, -500)),
    Neighborhood("惠民社区", YUNLING, (-1200, -800), "高新区"),
    Neighborhood("西郊社区", YUNLING, (-1700, -700), "高新区"),
    Neighborhood("松林社区", YUNLING, (-500, -850)),
    Neighborhood("河湾社区", YUNLING, (-250, -300)),
    Neighborhood("站前社区", FENGQI, (420, -60)),
    Neighborhood("南塘社区", FENGQI, (700, -250)),
    Neighborhood("清波社区", FENGQI, (850, -480)),
    Neighborhood("南岸社区", FENGQI, (350, -750)),
    Neighborhood("柳堤社区", FENGQI, (650, -1050)),
    Neighborhood("桂园社区", FENGQI, (-30, -1030)),
    Neighborhood("紫薇社区", WANGYUE, (930, 250)),
    Neighborhood("丰泽社区", WANGYUE, (1150, 780)),
    Neighborhood("望岳社区", WANGYUE, (1350, 420)),
    Neighborhood("绮春社区", WANGYUE, (1280, -60)),
    Neighborhood("汀兰社区", WANGYUE, (1150, -600)),
    Neighborhood("创业社区", DONGPU, (1650, 650), "经开区"),
    Neighborhood("东圃社区", DONGPU, (1680, -150), "经开区"),
    Neighborhood("南圩社区", DONGPU, (-150, -1400)),
    Neighborhood("凤南社区", DONGPU, (450, -1380)),
    Neighborhood("圩堤社区", DONGPU, (1050, -1300), "经开区"),
)
