"""The vocabulary of 四至 sentences: verbs, closers, generic nouns and states; adding a verb is adding a word here."""

from __future__ import annotations


def _words(written: str) -> tuple[str, ...]:
    """The words of a list written with blanks between them."""
    return tuple(written.split())


COMPASS = {
    "东": "E",
    "南": "S",
    "西": "W",
    "北": "N",
    "东南": "SE",
    "东北": "NE",
    "西南": "SW",
    "西北": "NW",
}
COMPASS_WORDS = {letter: word for word, letter in COMPASS.items()}
OPPOSITE = {"E": "W", "W": "E", "N": "S", "S": "N", "NE": "SW", "SW": "NE", "NW": "SE", "SE": "NW"}

# The directions may carry one of these before the verb: 东侧至, 北面为, 西侧边界由.
SIDE_SUFFIXES = _words(
    """
    侧边界 面边界 侧界线 面界线 侧界限 面界限 边界线 侧界 边界 界线 界限 方向 侧 面 边 部 界 方 端 向 首
    """
)
# Those that name a side even without a verb: 北边清水湾大道.
LABEL_SUFFIXES = _words("侧边界 面边界 侧界线 面界线 侧界限 面界限 边界线 边界 界线 界限 侧 面 边")
ADVERBS = _words(
    """
    大致 基本 主要 分别 依次 均 都 皆 则 直 又 各 再
    """
)
DISTRIBUTIVE = ("分别", "依次")

# A verb of this list makes a side wherever it stands after a direction, glued to the last anchor or not.
STRONG_VERBS = _words(
    """
    起至 起自 起于 始于 始自 始至 止于 止至 直至 直达 直抵 抵达 到达 延伸至 延伸到 延至 延到 扩至 接至 紧邻 紧临
    紧挨着 挨着 靠着 挨近 紧靠 紧接 紧挨 毗邻 毗连 毗临 邻近 临近 靠近 相邻 相接 相连 连接 接壤 面临 面向 面朝 背靠
    背倚 依托 交界于 邻接 临接 濒临 隔着 环绕于 接邻 连至 沿至 界至 至 到 起 止 抵
    """
)
# These are also common in names (南临江路, 东连岛): they need the start of a clause, or company of their kind.
WEAK_VERBS = _words(
    """
    就是 便是 过去是 过去为 有一条 有条 临 邻 接 靠 连 界 隔 沿 为 是 濒 枕 距 自 由 从 依 傍 倚 挨 毗 即 系
    """
)
# These need a closing word further on: 以…为界, 与…相邻, 和…接壤.
OPENING_VERBS = _words("隔墙与 隔路与 隔河与 隔街与 隔巷与 隔沟与 以 与 和 同 跟")
# The side is the landmark pushed outwards: 东向外延伸4米.
EXTENDING_VERBS = _words(
    """
    向外延伸 向外扩展 向外扩 向外 外延伸 外扩展 外延 外扩 延伸
    """
)

CLOSINGS = _words(
    """
    为分界线 为分界 为边界 为界线 为界限 为界 为线 为邻 为限 为止 相邻接 相毗邻 相邻 相接 相连 相望 相隔 相依 相对 接壤
    毗邻 毗连 交界 搭界 连接 隔路相望 隔河相望 隔街相望 隔墙相望 隔湖相望 隔江相望 一路之隔 一墙之隔 一河之隔
    一街之隔 之隔 分界
    """
)

# Names that begin like a verb: 西边临江街 is 临江街, 东临接龙桥横街 is 接龙桥横街.
NAME_HEADS = _words(
    """
    于庄 于家 于村 于洪 于都 于桥 临江 临河 临港 临海 临湖 临山 临沂 临汾 临安 临潼 临平 临川 临水 临春 临空 临淄
    临泉 临颍 临夏 临清 临沧 临溪 接龙 接官 接驾 连江 连云 连山 连城 连州 连潘 连塘 连湖 靠山 靠河 邻水 邻圃 至善
    至诚 至德 至和 至真 起凤 起航 界河 界首 沿江 沿河 沿山 沿海 沿港 沿沟 沿湖 沿溪 沿塘 为民 和平 和谐 和睦 同心
    同德 同济 自强 自由 自立 从化 从善 由义 及第 依山 隔河 距离 毗陵 即墨 与民 以勒
    """
)
# A verb before one of these is part of another word.
NOT_A_VERB_BEFORE = {
    "至": ("今", "少有", "少要", "少需", "多有", "尊", "此"),
    "到": ("期", "位", "目前"),
    "起": ("来", "草", "重", "伏", "码", "诉"),
    "临": ("时停", "时建", "时板", "时用", "时道", "街商", "街铺", "街门", "街店", "街的"),
    "接": ("待中心", "送", "驳"),
    "连": ("锁", "廊", "排", "体"),
    "为": ("了", "主", "辅"),
    "界": ("限", "址", "桩", "碑", "内"),
    "自": ("然", "治", "来水"),
    "由": ("于",),
    "沿": ("线", "岸", "途", "街商", "街门", "所"),
    "距": ("离",),
    "止": ("损",),
}
# Towns and streets whose own name looks like a side: 东至县, 东至路, 西和县.
NAME_TAILS_AFTER_VERB = _words(
    """
    县 路 街 大道 大街 巷 村 镇 桥 支路 岛
    """
)
NAME_TAIL_CONTINUES = _words(
    """
    道 口 城 边 旁 委 医 政 界 面
    """
)
PLACED_IN = _words(
    """
    位于 地处 安徽 安徽省 池州 池州市 在 坐落
    """
)

# Behind one of these a list of sides may follow without any verb: 四至：东人民路、南长江路…
LIST_HEADINGS = _words("四至范围 四至界限 四至 四界 界址 范围")

# After one of these a clause may begin without a mark of punctuation: 社区东起…, 项目北临….
SUBJECTS = _words(
    """
    项目 地块 小区 社区 街道 片区 区域 范围 宗地 用地 基地 场地 工程 对象 本区 园区 辖区 四至 四界 界限 边界 街区
    单元 网格 镇 乡 村 该 其 沿 即 从 指 为 是 由 包括 包含 小组 大院 家属院 地段 所在 方位
    """
)

# Closing words of the whole sentence; the anchor ends where one begins.
ENCLOSURE = _words(
    """
    合围 围合 围成 所围 围闭 围起 所合 闭合区域 闭合范围 组成的 形成的 构成的 包围 环线范围 范围以内 范围之内 范围内
    区域以内 区域内 区域之内 之间的区域 之间区域 沿街 两侧沿街 两侧商铺 两侧门市 两侧的 两旁 东西两侧 南北两侧 内所有
    内的所有 所有区域 整个区域 所辖 全部区域 的三角地 以内的 中除 内除 的单位 的居民 的商铺
    """
)
# Dropped from the end of an anchor, as often as they occur.
TAILS = _words(
    """
    的区域 的地区 的范围 的地带 的地块 的地方 的位置 的部分 地区 区域 范围 全域 全境 之间 一带 附近 周边 位置 等地
    等处 等 为界 为止 为线 止 的东西 的南北 的 以内 以里 内 旁边 旁 交界处 接壤处 相邻处 交界 相邻 接壤 毗邻 相接
    相连 为邻
    """
)
LINES = _words(
    """
    南北一线 东西一线 一线 沿线 沿路 连线 边线 边界线 路沿石 路缘石 路牙石 路牙子
    路牙 马路牙 道边 路边 河边 湖边 江边 海边 渠边 塘边 路段 口段 沿岸
    """
)
KEEP_OF_LINE = {
    word: word[0] for word in ("道边", "路边", "河边", "湖边", "江边", "海边", "渠边", "塘边", "路段", "口段")
}

STATES = _words(
    """
    规划路 规划道路 规划中 规划建设中的 规划建设的 规划中的 规划待建 规划在建 规划新建 规划的 规划 拟建的 拟建
    在建的 在建 待建的 待建 建设中的 未建成的 未建 未开通的 未开通 现状 原有 原 现 暂名 暂定名 暂命名 施工中 未命名
    """
)
STATES_BEFORE_A_NAME = tuple(word for word in STATES if word not in ("现", "暂名", "暂定名", "暂命名", "施工中"))
ALIAS_LEADS = _words(
    """
    暂名 暂定名 暂命名 又名 又称 亦名 原名 现名 曾用名 俗称 旧称 简称 别名 即 现为 原为 原 现
    """
)

EXCLUDING = _words(
    """
    不包含 不包括 不含 不计 不纳入 不在内 剔除 扣除 除去
    """
)
INCLUDING = _words(
    """
    以及 包含 包括 涵盖 另加 另含 另包括 含 并含 并包括 加上 外加
    """
)

ELSEWHERE = _words(
    """
    图示红线 图示 详见附图 见附图 详见附件 见附件 详见图 附图 同上 同前 同左 详见红线图 见红线图 以红线图为准
    以附图为准 见图 略 详见规划图 详见宗地图 见宗地图 如图 如附图 见红线 同上行 〃 同 以实际为准 以现场为准
    """
)
# What a part of the area may be called where another sentence part refers to it: 同一期, 同A区.
PART_WORD = (
    "第?[0-9一二三四五六七八九十]{1,2}(?:期|区|组|队|号?地块|标段)|[A-Z](?:区|地块|组团)"
    "|[东南西北](?:区|地块|院)|地块[0-9一二三四A-Z]"
)
# Nothing on the map bears these names; a side that has only such a word stays open.
UNNAMED = _words(
    """
    空地 小路 道路 规划路 规划道路 规划支路 农田 田地 耕地 村道 乡道 县道 无名路 无名道路 无名巷 无名小路 水渠 小河
    河道 荒地 荒山 山体 山脚 山坡 绿地 绿化带 围墙 墙体 院墙 小区围墙外 水塘 池塘 鱼塘 林地 菜地 果园 民房 民宅 住宅
    住户 居民楼 居民区 居民点 房屋 平房 厂房 商铺 门市 门面 门面房 马路 公路 大路 路 河 山 街 巷 巷道 巷子 胡同 小巷
    小区道路 小区内部道路 内部路 内部道路 小区路 生产路 机耕路 施工便道 便道 田边 路口 公路尽头 铁路边 公路边 瓦房
    水沟 排水沟 沟渠 自然山体 其他用地 集体土地 国有土地 规划用地 空闲地 待建地 待开发用地 城中村 支路 次干道 主干道
    主干路 次干路 市界 县界 区界 镇界 村界 海域 大海 海 江 湖 铁路 铁路线 高速 高速公路 国道 省道 路边 江边 湖边 海边
    规划绿地 规划绿化 瓦檐滴水点 现状路 现状道路 停车场 学校 工地 河边 小区 本小区 本项目 围栏 红线 用地红线 道路红线
    规划红线 未知 不详 无 / - — 邻居 隔壁 中学 小学 幼儿园 医院 超市 宾馆 酒店 工厂 宿舍 宿舍楼 住宅楼 办公楼 商住楼
    商业街 市政道路 市政路 城市道路 城市支路 现有道路 建筑工地 建设用地 河流 河沟 山林 树林 田埂 墓地 坟地 砖墙 挡土墙
    护坡 陡坎 沟 塘 田 地 渠 池 公厕 加油站 菜市场 农贸市场 市场 广场 公园 车站 桥 派出所 村委会 居委会 社区 单位 民居
    自建房 空房 空场 空坪 荒坡 坡地 旱地 水田 稻田 草地 滩涂 堤坝 大堤 防洪堤 村 水泥路 土路 石子路 砂石路 柏油路
    沥青路 泥路 主街道 主街 主路 大街 街道 村域 村南 村北 村东 村西 村南头 村北头 村东头 村西头 村内 村外 出村 崖 山崖
    消防主路 东西路 南北路 东西街 南北街 东西巷 南北巷 东西巷道 南北巷道 东西大路 南北大路 东西消防主路 南北消防主路
    排洪沟 高压线 高压线走廊 高压走廊 变电站 变电所 配电房 垃圾站 泵站 消防通道 通道 过道 人行道 步道 楼房
    """
)
# These say only on which part of such a landmark the edge runs: 水沟边, 山脚下.
UNNAMED_TAILS = _words("脚下 边上 边缘 边 旁边 旁 下 上 外侧 内侧 外 内 尽头")
# With a wall these mean the area itself: 本小区围墙.
OWN = _words(
    """
    片区 围合区 社区 小区 本小区 该小区 项目 本项目 该项目 宗地 本宗地 地块 本地块 用地 院 大院 本院 自身 院内 本区域
    """
)
UNNAMED_LEADS = _words(
    """
    规划 现状 南北向 东西向 一条 无名 未命名 小区 内部 村内 村 在建 拟建 待建 待开发 原有 隔壁 相邻 邻近 其他 其它
    周边
    """
)

# A piece that ends so can stand alone, hence 和/与/及/至 after it may separate two landmarks.
GENERIC_ENDS = frozenset(
    "路街巷道弄同河江湖海溪沟渠港浦浜塘库山岭坡桥线速站村庄屯区镇乡县市旗园苑城府邸馆场心厦楼栋幢号院校学所店厂司局"
    "委会墙界段口岸堤坝林块墓寺庙塔门湾岛地邦庭居舍家宅寨堡台井泉洞洲滩川水里坊组社队期座室厅侧端沿边旁面处头铺都轩"
    "屯庐墅府体业排环舘館廳廈園區鎮鄉縣橋樓號線綫"
)
GENERIC_NOUNS = _words(
    """
    高速公路 快速路 大道 大街 胡同 国道 省道 县道 公路 铁路 支路 环路 辅路 路 街 巷 道 弄 里 河 江 湖 溪 渠 港 沟 山
    桥 村 站 公园 广场 小区 花园 家园 花苑 家苑 新村 新城 公寓 大厦 社区 学校 中学 小学 医院 市场 高速 线
    """
)
# 和 that belongs to the word after it, so that 团结路和平巷 is not cut in two.
WORDS_WITH_HE = frozenset("平谐睦顺合美畅煦兴济田悦润昌泰瑞丰安庄硕信园苑风县")
JUNCTION_WORDS = _words(
    """
    立交桥 立交 交叉路口 交叉口 交汇处 交汇口 交会处 交接处 交界处 交界路 交界线 相交处 相交段 相交路段 连接处
    十字路口 分界线 分界处 丁字路口 三岔路口 交口 交界 交汇 交叉 相交 之间 中间 间 路口 相邻
    """
)
DISTRICT_ENDS = _words(
    """
    自治区 自治州 自治县 街道办事处 办事处 街道 地区 省 市 州 盟 县 旗 区 镇 乡
    """
)
NOT_DISTRICTS = _words(
    """
    小区 校区 厂区 景区 社区 片区 库区 街区 院区 居住区 住宅区 居民区 城市 都市
    """
)
LOCATORS = _words(
    """
    坐落于 坐落在 位于 地处 境内 范围为 范围是 范围: 是指 确定的 涉及 为 由 在 即 指 经
    """
)
LABEL_JUNK = _words(
    """
    四至范围为 四至范围是 四至范围 四至界限 四至情况 四至如下 四至为 四至 四界 具体范围为 具体范围 区域范围 辖区范围
    范围为 范围是 范围 界限 边界 具体四界 总体范围 保护范围为 保护范围 项目位置 围合区域 合围区域 所围区域 区域
    主要是指 是指 位于 具体为 具体 为 即 如下 包括 包含 周边 位置
    """
)
SUBJECTS_ONLY = frozenset(
    _words(
        """
        项目 地块 该地块 本项目 该项目 估价对象 基地 此区域 该区域 宗地 该宗地 社区 小区 本小区 辖区 其 从 沿 该
        场地 用地 工程
        """
    )
)
