"""Real Hankou (OpenStreetMap): an 附件1 workbook of real blocks in varied wording, resolved from workbook to polygon.

Each row's area (hectares, along centre lines) and centre (lon, lat) were read off the map by hand beforehand.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import openpyxl
import pytest
import shapely
from shapely import Point

from gis_service import crs
from gis_service.abuttals import parse
from gis_service.codes import ResolutionStatus
from gis_service.gazetteer import Gazetteer, read_places
from gis_service.ledger import read_annex1
from gis_service.ledger.columns import ANNEX1_COLUMNS, ANNEX1_TITLE
from gis_service.resolver import Edge, Hint, Resolution, ResolverOptions, Row, resolve, resolve_all

LEAST_RESOLVED = 36


class Block(NamedTuple):
    """A real block: the sentence, and what the map says of it."""

    sentence: str
    hectares: float
    lon: float
    lat: float


BLOCKS = [
    Block("东至解放大道，南至黄浦大街，西至工农兵路，北至韦桑路", 63.4, 114.3040, 30.6203),
    Block("四至范围：东至解放大道、南至韦桑路、西至 工农兵路、北至二七路", 43.4, 114.3086, 30.6264),
    Block("北至黄浦大街，东至解放大道，西至永清小路，南至永清路", 45.4, 114.2986, 30.6152),
    Block("东至唐家墩路北至发展大道南至马场路西至新华路", 31.2, 114.2627, 30.6179),
    Block("后湖五路以东、怡和路以西、后湖南路以南、兴业路以北", 30.8, 114.2980, 30.6469),
    Block("怡和路片区：东起怡和路，西临后湖五路，南接后湖南路，北靠后湖大道。", 30.2, 114.2969, 30.6498),
    Block("东到黄孝河，西到中一路，南到兴业路，北到后湖大道", 28.0, 114.2789, 30.6395),
    Block("东：塔子湖西路。西：翠柏路。南：和谐大道。北：春兰街。", 24.8, 114.2631, 30.6448),
    Block("东：怡和路以西。西：二七小路以东。南：正义路以北。北：兴业南路以南。", 22.7, 114.3024, 30.6412),
    Block("项目东至机场二通道，西接新湾五路，北至长港路，南临常青五路。", 22.5, 114.2520, 30.6337),
    Block("东至后湖四路，南至后湖南路、后湖二路，西至金桥大道，北至后湖大道", 20.8, 114.2867, 30.6443),
    Block("东至怡和路，南至兴业南路，西至建设大道延长线（在建），北至兴业路", 18.7, 114.3011, 30.6448),
    Block("江岸区花桥街道（东至建设大道，南至江大路，西至后九万方路，北至黄浦大街）", 17.2, 114.2888, 30.6218),
    Block("东抵后湖五路、西抵后湖四路、南抵兴业路、北抵后湖南路合围区域", 17.2, 114.2919, 30.6432),
    Block("东以新华路为界，南以发展大道为界，西以金墩路为界，北以京广汉口联络线为界", 16.0, 114.2552, 30.6205),
    Block("新湾片区（北至三环线，南至新湾路，西至新湾二路，东至新湾四路）", 15.6, 114.2412, 30.6356),
    Block("秋桂街以北，和谐大道以南，绿柳路以东，青松路以西", 14.6, 114.2589, 30.6371),
    Block("东与翠柏路相邻，南与夏鹃路相邻，西与青松路相邻，北与春兰街相邻", 14.0, 114.2588, 30.6435),
    Block("西起后湖五路，东至建设大道延长线，南起兴业南路，北至兴业路", 13.6, 114.2970, 30.6427),
    Block("東至翠柏路，南至秋桂街，西至青松路，北至和諧大道", 13.1, 114.2623, 30.6392),
    Block("东至后湖５路，南至兴业南路，西至后湖４路，北至兴业路", 12.1, 114.2933, 30.6404),
    Block("东临文博路，南临冬梅街，西临翠柏路，北临后湖大道", 11.5, 114.2681, 30.6362),
    Block("东至塔子湖东路，南至秋桂街，西至望湖路，北至和谐大道", 11.5, 114.2735, 30.6458),
    Block("北以和谐大道为界，东至塔子湖西路，南抵秋桂街，西靠翠柏路", 10.4, 114.2655, 30.6411),
    Block("东至怡康路；南至后湖南路；西至怡和路；北至后湖大道", 10.3, 114.3026, 30.6522),
    Block("东至东至青松路，南至石桥路，西至绿柳路，北至兴业路", 10.1, 114.2655, 30.6283),
    Block("东边望湖路、西边连湖路、北边和谐大道、南边秋桂街合围区域", 9.9, 114.2710, 30.6444),
    Block("东至后湖四路东侧道路红线，南至正义路，西至后湖二路，北至兴业南路", 9.7, 114.2902, 30.6364),
    Block("武汉市江汉区东至新华路、南至常青一路、西至金墩路、北至红旗渠路围成的区域", 9.4, 114.2530, 30.6266),
    Block("东至青松路中心线，南至冬梅街中心线，西至绿柳路中心线，北至后湖大道中心线", 9.3, 114.2624, 30.6331),
    Block("东至翠柏路，西至青松路，南至兴业路，北至冬梅街（含沿街商铺）", 9.3, 114.2667, 30.6322),
    Block("福利路以东，马场路以北，新华路以西，发展大道以南的区域", 8.6, 114.2563, 30.6171),
    Block("一期：东至新湾二路，南至红旗渠路，西至新湾一路，北至常青三路", 8.6, 114.2403, 30.6257),
    Block("东至绿柳路，南至石桥路，西至机场二通道，北至兴业路，总面积约8.5公顷", 8.5, 114.2630, 30.6275),
    Block("南至长港路；北至新湾路；东至新湾二路；西至新湾一路", 8.4, 114.2379, 30.6319),
    Block("东至新华路西侧，南至红旗渠路北侧，西至新湾五路东侧，北至常青三路南侧", 7.8, 114.2522, 30.6288),
    Block("东至新湾五路。南至常青三路。西至新湾四路。北至常青五路。", 7.7, 114.2481, 30.6299),
    Block("社区东起新湾二路，西至新湾一路，南起常青五路，北至长港路。", 7.3, 114.2388, 30.6298),
    Block("东面新湾三路，南面长港路，西面新湾二路，北面新湾路", 6.9, 114.2409, 30.6328),
    Block("东至双华路（规划），南至常青一路，西至新华路，北至红旗渠路", 6.7, 114.2560, 30.6275),
    Block("西至青年路，北至发展大道，东至福利路，南至马场路", 5.6, 114.2532, 30.6164),
    Block("东至金凰路与石桥二路交汇处，南至石桥二路，西至文博路，北至兴业路", 4.7, 114.2734, 30.6320),
    Block("石桥社区东至中一路,南至石桥一路,西至金凰路,北至石桥二路", 4.5, 114.2764, 30.6313),
    Block("东至机场二通道、南至发展大道、西至新华路、北至京广汉口联络线", 37.1, 114.2608, 30.6220),
    Block("东至银墩街，南至发展大道，西至常青路，北至京广汉口联络线", 21.3, 114.2445, 30.6175),
    Block("东至工农兵路，南至韦桑路，西至建设大道，北至二七路", 26.8, 114.3033, 30.6281),
]


def _workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([ANNEX1_TITLE])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(ANNEX1_COLUMNS))
    sheet.append(list(ANNEX1_COLUMNS))
    for number, block in enumerate(BLOCKS, 1):
        division = "江岸区花桥街道石桥社区"
        row = [number, f"{number}号物业管理区域", f"{number}号小区", division, block.sentence]
        sheet.append([*row, 1, "业主委员会", 3, "某物业公司", "85%"])
    book.save(path)
    return path


@pytest.fixture(scope="module")
def gazetteer(shared_dir: Path) -> Gazetteer:
    files = sorted((shared_dir / "data" / "wuhan_hankou").glob("*.geojson"))
    assert len(files) == 3
    return Gazetteer(place for file in files for place in read_places(file).places)


@pytest.fixture(scope="module")
def resolutions(gazetteer: Gazetteer, tmp_path_factory: pytest.TempPathFactory) -> list[Resolution]:
    reading = read_annex1(_workbook(tmp_path_factory.mktemp("hankou") / "附件1.xlsx"))
    assert len(reading.entries) == len(BLOCKS)
    return [
        resolve(
            parse(entry.abuttals_text),
            gazetteer,
            hint=Hint(entry.county, entry.street, entry.neighborhood, entry.community_names),
            options=ResolverOptions(edge=Edge.CENTERLINE),
        )
        for entry in reading.entries
    ]


def _lies_on_the_block(resolution: Resolution, block: Block) -> bool:
    if resolution.status is not ResolutionStatus.RESOLVED or resolution.geometry is None:
        return False
    epsg = crs.gauss_kruger(block.lon)
    area = crs.to_metric(resolution.geometry, epsg)
    centre = crs.to_metric(resolution.geometry.centroid, epsg)
    wanted = crs.to_metric(Point(block.lon, block.lat), epsg)
    return centre.distance(wanted) < 60 and abs(area.area / 1e4 - block.hectares) < 0.12 * block.hectares


def test_real_blocks_of_hankou_resolve_where_the_map_has_them(
    resolutions: list[Resolution], capsys: pytest.CaptureFixture[str]
) -> None:
    misses = [
        f"{block.sentence}: {resolution.status.value} {[issue.message for issue in resolution.issues]}"
        for block, resolution in zip(BLOCKS, resolutions, strict=True)
        if not _lies_on_the_block(resolution, block)
    ]
    with capsys.disabled():
        print(f"\n汉口实地：{len(BLOCKS)} 行中 {len(BLOCKS) - len(misses)} 行落图到位", *misses, sep="\n  ")
    assert len(BLOCKS) - len(misses) >= LEAST_RESOLVED


def test_no_row_resolves_in_the_wrong_place(resolutions: list[Resolution]) -> None:
    wrong = [
        block.sentence
        for block, resolution in zip(BLOCKS, resolutions, strict=True)
        if resolution.status is ResolutionStatus.RESOLVED and not _lies_on_the_block(resolution, block)
    ]
    assert wrong == []


def test_areas_inside_near_edges_keep_clear_of_each_other(gazetteer: Gazetteer) -> None:
    found = [resolve(parse(block.sentence), gazetteer) for block in BLOCKS]
    areas = [
        crs.to_metric(one.geometry, gazetteer.epsg)
        for one in found
        if one.status is ResolutionStatus.RESOLVED and one.geometry is not None
    ]
    overlaps = [
        round(one.intersection(other).area)
        for index, one in enumerate(areas)
        for other in areas[:index]
        if one.intersection(other).area > 10
    ]
    assert len(areas) >= LEAST_RESOLVED
    assert overlaps == []


@pytest.mark.parametrize("edge", list(Edge))
def test_a_whole_run_is_a_valid_coverage(gazetteer: Gazetteer, edge: Edge) -> None:
    rows = [Row(parse(block.sentence)) for block in BLOCKS]
    found = resolve_all(rows, gazetteer, options=ResolverOptions(edge=edge), processes=1)
    areas = [one.geometry for one in found if one.status is ResolutionStatus.RESOLVED]
    assert len(areas) >= LEAST_RESOLVED
    assert not any(issue.code == "overlaps_neighbour" for one in found for issue in one.issues)
    assert shapely.coverage_is_valid(np.array(areas))
