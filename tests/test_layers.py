"""What a declaration may say, what of a layer each role may read, and how a slip in a file is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gis_service.access import PLANNER, Reader, Role
from gis_service.errors import BadRequestError, DeclarationError, NotFoundError
from gis_service.layers import Layer, feature_query, load_layers
from gis_service.store.features import Column

GOOD = """
title = "物业管理区域"
description = "已核准的边界"
source = "management_areas"
geometry = "MultiPolygon"
id_field = "id"
audience = ["public", "planner", "county"]
order = 3

[fields.name]
title = "名称"

[fields.service_form]
title = "物业服务形态"
words = "ServiceForm"

[fields.fee_rate]
title = "收缴率"
audience = ["planner", "county"]

[fields.manager]
title = "项目负责人"
mask = "name"
audience = ["county"]

[style]
type = "categories"
field = "service_form"
label_field = "name"

[[style.rule]]
value = 5
title = "无物管"
fill = "#c53030"
hatch = "diagonal"

[[style.rule]]
title = "其余"
fill = "#ffffff"
"""


def loaded(folder: Path, text: str = GOOD, name: str = "areas.toml") -> Layer:
    folder = folder / "layers"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return load_layers(folder)[Path(name).stem]


def test_a_declaration_becomes_a_layer_named_after_its_file(tmp_path: Path) -> None:
    layer = loaded(tmp_path)
    assert (layer.id, layer.title, layer.order) == ("areas", "物业管理区域", 3)
    assert layer.sample_note == "示例数据（虚构）"
    assert [rule.value for rule in layer.style.rule] == [5, None]


def test_layers_come_in_drawing_order(tmp_path: Path) -> None:
    loaded(tmp_path, GOOD.replace("order = 3", "order = 9"), "first.toml")
    loaded(tmp_path, GOOD, "second.toml")
    assert list(load_layers(tmp_path / "layers")) == ["second", "first"]


def test_a_coded_field_knows_the_words_of_its_values(tmp_path: Path) -> None:
    fields = loaded(tmp_path).fields
    assert fields["service_form"].labels["5"] == "无物管"
    assert fields["name"].labels == {}
    own = GOOD.replace('words = "ServiceForm"', 'values = { 5 = "没有" }')
    assert loaded(tmp_path, own).fields["service_form"].labels == {"5": "没有"}


@pytest.mark.parametrize(
    ("role", "columns"),
    [
        (Role.PUBLIC, [Column("name"), Column("service_form")]),
        (Role.PLANNER, [Column("name"), Column("service_form"), Column("fee_rate")]),
        (Role.COUNTY, [Column("name"), Column("service_form"), Column("fee_rate"), Column("manager", "name")]),
    ],
)
def test_a_role_reads_its_own_fields_and_personal_data_only_masked(
    tmp_path: Path, role: Role, columns: list[Column]
) -> None:
    assert list(feature_query(loaded(tmp_path), Reader(role)).columns) == columns


@pytest.mark.parametrize("role", [Role.FIRE, Role.ADMIN])
def test_a_layer_does_not_exist_for_a_role_it_is_not_for(tmp_path: Path, role: Role) -> None:
    with pytest.raises(NotFoundError, match="没有名为“areas”的图层"):
        feature_query(loaded(tmp_path), Reader(role))


def test_filters_reach_the_query(tmp_path: Path) -> None:
    query = feature_query(
        loaded(tmp_path), PLANNER, bbox=(117.0, 30.5, 117.1, 30.6), limit=5, equals=(("service_form", "5"),)
    )
    assert (query.source, query.bbox, query.limit) == ("management_areas", (117.0, 30.5, 117.1, 30.6), 5)
    assert query.equals == (("service_form", "5"),)


@pytest.mark.parametrize(
    ("role", "name"), [(Role.PLANNER, "manager"), (Role.COUNTY, "manager"), (Role.PUBLIC, "fee_rate")]
)
def test_a_hidden_or_masked_field_cannot_be_found_out_by_filtering(tmp_path: Path, role: Role, name: str) -> None:
    with pytest.raises(BadRequestError, match=f"不能按“{name}”筛选"):
        feature_query(loaded(tmp_path), Reader(role), equals=((name, "王建国"),))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('title = "物业管理区域"', 'titel = "物业管理区域"'), "titel：不认识的键"),
        (('title = "物业管理区域"', ""), "title：缺少这个键"),
        (('title = "物业管理区域"', 'title = ""'), "title：不能为空"),
        (('id_field = "id"', 'id_field = "id"\nsql = "select 1"'), "sql：不认识的键"),
        (('title = "名称"', 'title = "名称"\ncolour = "red"'), "fields.name.colour：不认识的键"),
        (('fill = "#ffffff"', 'fil = "#ffffff"'), "style.rule[2].fil：不认识的键"),
        (('fill = "#ffffff"', 'fill = "white"'), "style.rule[2].fill：“white”的写法不对"),
        (('fill = "#ffffff"', "opacity = 2"), "style.rule[2].opacity：“2”的类型或范围不对"),
        (('hatch = "diagonal"', 'hatch = "wavy"'), "style.rule[1].hatch：填写了“wavy”，可填"),
        (('geometry = "MultiPolygon"', 'geometry = "Circle"'), "geometry：填写了“Circle”，可填 'Point'"),
        (('mask = "name"', 'mask = "half"'), "fields.manager.mask：填写了“half”，可填"),
        (('"county"]\norder', '"mayor"]\norder'), "audience[3]：填写了“mayor”，可填"),
        (("order = 3", 'order = "three"'), "order：“three”的类型或范围不对"),
        (("order = 3", "order = "), "不是有效的 TOML"),
        (('source = "management_areas"', 'source = "areas"'), "source：没有名为“areas”的数据源，可填 "),
        (('id_field = "id"', 'id_field = "code"'), "id_field：数据源“management_areas”以“id”为编号"),
        (("[fields.fee_rate]", "[fields.fee]"), "fields.fee：数据源“management_areas”没有这一列"),
        (('words = "ServiceForm"', 'words = "Service"'), "fields.service_form.words：代码表中没有“Service”"),
        (('words = "ServiceForm"', 'words = "_Coded"'), "fields.service_form.words：代码表中没有“_Coded”"),
        (('words = "ServiceForm"', 'words = "StrEnum"'), "fields.service_form.words：代码表中没有“StrEnum”"),
        (
            ('words = "ServiceForm"', 'words = "ServiceForm"\nvalues = { 1 = "一" }'),
            "fields.service_form.values：已有 words",
        ),
        (('words = "ServiceForm"', 'mask = "name"'), "fields.service_form.mask：只有文字列可以遮盖"),
        (('audience = ["county"]', 'audience = ["fire"]'), "fields.manager.audience：不能超出图层的 audience"),
        (('label_field = "name"', 'label_field = "nom"'), "style.label_field：fields 中没有“nom”"),
        (('label_field = "name"', 'label_field = "manager"'), "style.label_field：“manager”并非人人可见"),
        (('type = "categories"', 'type = "simple"'), "style.rule：type 为 simple 时只有一条"),
        (('field = "service_form"\n', ""), "style.field：type 为 simple 时不填，否则必填"),
        (('label_field = "name"', 'breadth = "name"'), "style.breadth：数据源“management_areas”没有数值列“name”"),
        (("value = 5", "value = 7"), "style.rule：“service_form”没有“7”这个值"),
        (("value = 5\n", ""), "style.rule：value 重复"),
        (('type = "categories"', 'type = "ramp"\nmin_zoom = 30'), "style.min_zoom：“30”的类型或范围不对"),
    ],
)
def test_a_slip_is_told_with_file_key_and_reason(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(DeclarationError) as told:
        loaded(tmp_path, GOOD.replace(*change, 1))
    assert "layers/areas.toml：" in told.value.message
    assert message in told.value.message


def test_every_slip_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('title = "名称"', 'titel = "名称"').replace("order = 3", "order = true")
    with pytest.raises(DeclarationError) as told:
        loaded(tmp_path, text)
    assert [line.split("：")[1] for line in told.value.message.splitlines()] == [
        "order",
        "fields.name.title",
        "fields.name.titel",
    ]


RAMP = """
[style]
type = "ramp"
field = "fee_rate"
[[style.rule]]
value = {first}
title = "低"
[[style.rule]]
value = {second}
title = "高"
"""


def test_a_ramp_rises(tmp_path: Path) -> None:
    head = GOOD[: GOOD.index("[style]")].replace('audience = ["planner", "county"]\n', "")
    assert loaded(tmp_path, head + RAMP.format(first=0, second=0.5)).style.type == "ramp"
    for first, second in ((0.5, 0), (0, '"half"')):
        with pytest.raises(DeclarationError, match="从小到大的数字"):
            loaded(tmp_path, head + RAMP.format(first=first, second=second))


def test_the_rule_for_everything_else_stands_last(tmp_path: Path) -> None:
    rules = GOOD[GOOD.index("[[style.rule]]") :]
    first, second = rules.split("\n\n")
    with pytest.raises(DeclarationError, match="应放在最后"):
        loaded(tmp_path, GOOD.replace(rules, f"{second}\n{first}\n"))


def test_a_folder_without_declarations_and_a_file_with_a_strange_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="没有图层声明"):
        load_layers(tmp_path)
    with pytest.raises(DeclarationError, match="文件名只能用小写字母、数字和下划线"):
        loaded(tmp_path, GOOD, "Areas 2.toml")
    (tmp_path / "layers" / "Areas 2.toml").unlink()
    with pytest.raises(DeclarationError, match="id：应与文件名相同"):
        loaded(tmp_path, 'id = "others"\n' + GOOD)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DeclarationError, match=r"broken.toml：不是有效的 TOML"):
        load_layers(tmp_path)
