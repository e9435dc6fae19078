"""Filters that are refused, and how; values that are bound; any text whatever."""

from __future__ import annotations

import json
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Float, Text, column
from sqlalchemy.dialects import postgresql

from gis_service.crs import CRS84, REFERENCES
from gis_service.errors import ServiceError
from gis_service.filtering import FilterError, Kind, Queryable, condition, parse_filter

NAMED = {
    "name": Queryable(column("name", Text()), Kind.STRING),
    "households": Queryable(column("households", BigInteger()), Kind.INTEGER),
    "rate": Queryable(column("rate", Float()), Kind.NUMBER),
    "sample": Queryable(column("sample", Boolean()), Kind.BOOLEAN),
    "day": Queryable(column("day", Date()), Kind.DATE),
    "at": Queryable(column("at", DateTime(timezone=True)), Kind.TIMESTAMP),
    "aliases": Queryable(column("aliases", postgresql.ARRAY(Text())), Kind.ARRAY),
    "geometry": Queryable(column("geom"), Kind.GEOMETRY),
}
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def refused(text: str, language: str = "cql2-text", crs: str = CRS84) -> str:
    with pytest.raises(FilterError) as caught:
        condition(parse_filter(text, language, crs), NAMED)
    assert caught.value.status == 400
    return caught.value.message


def compiled(text: str, language: str = "cql2-text") -> tuple[str, list[object]]:
    told = condition(parse_filter(text, language), NAMED).compile(dialect=DIALECT)
    return str(told), list(told.params.values())


# what is refused


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "结尾处无法理解"),
        ("name = ", "结尾处无法理解"),
        ("name == 'x'", "第 7 个字“= 'x'”起无法理解"),
        ("name = '甲'\nAND AND name = '乙'", "第 20 个字"),
        ("name = 'x", "无法理解"),
        ("name = 'x' junk", "第 12 个字“junk”"),
        ("(name = 'x'", "缺少 1 个右括号"),
        ("name = 'x')", "第 11 个字：多出一个右括号"),
        ("owner = 'x'", "字段“owner”不能查询，可用：name、households"),
        ("name = 5", "= 两边类型不同：字段“name”是文字，5是数字"),
        ("households > '5'", "字段“households”是数字，“5”是文字"),
        ("day > '2023-07-15'", "日期写作 DATE('2023-07-15')"),
        ("at > '2023-07-15'", "时间写作 TIMESTAMP"),
        ("at > DATE('2023-07-15')", "T_INTERSECTS"),
        ("aliases = 'x'", "列表请用 A_CONTAINS"),
        ("geometry = name", "类型不同"),
        ("geometry = geometry", "= 只能用于文字或数字"),
        ("sample > false", "> 只能用于"),
        ("name = NULL", "请用 IS NULL"),
        ("name IN ('x', 5)", "IN 两边类型不同"),
        ("households BETWEEN 1 AND 'x'", "BETWEEN 两边类型不同"),
        ("name LIKE name", "LIKE 之后应为引号中的文字"),
        ("name LIKE 'x\\'", "单独的 \\ 结尾"),
        ("name LIKE casei(name)", "LIKE 之后应为引号中的文字"),
        ("households LIKE '1%'", "LIKE 只能用于文字"),
        ("name", "字段“name”是文字，不是条件"),
        ("'x'", "“x”不是条件"),
        ("households + 1", "不是条件"),
        ("name + 1 = 2", "+ 只能用于数字，而字段“name”是文字"),
        ("households = 1e999", "无法表示的数字"),
        ("CASEI(households) = 'x'", "CASEI 只能用于文字"),
        ("casei(name, name) = 'x'", "CASEI 应有 1 个参数，给出了 2 个"),
        ("pg_sleep(10) = 1", "没有函数“pg_sleep”"),
        ("pg_sleep(10)", "可用函数：lower"),
        ("(name = 'x') = true", "没有函数“=”"),
        ("day = DATE('2023-02-30')", "DATE 的“2023-02-30”写法不对"),
        ("day = DATE('15.7.2023')", "应形如 '2023-07-15'"),
        ("at = TIMESTAMP('2023')", "TIMESTAMP 的“2023”写法不对"),
        ("day = DATE(name)", "DATE 不能用在这里"),
        ("null", "这一部分不是条件"),
        ("(1, 2)", "列表不是条件"),
        ("POINT(1 2)", "几何不是条件"),
        ("T_AFTER(name, day)", "T_AFTER 只能用于日期或时间"),
        ("T_DURING(day, INTERVAL('x','..'))", "INTERVAL 的“x”写法不对"),
        ("T_DURING(day, INTERVAL(day, at))", "应同为日期或同为时间"),
        ("T_DURING(day, INTERVAL(name, '..'))", "INTERVAL 只能用于日期或时间"),
        ("INTERVAL('..','..') = day", "时段 INTERVAL 不能用在这里"),
        ("A_EQUALS(name, ('x'))", "A_EQUALS 只能用于列表"),
        ("A_EQUALS(aliases, (1))", "内容类型不同：文字与数字"),
        ("A_EQUALS(aliases, ('x', 1))", "A_EQUALS 两边类型不同"),
        ("A_EQUALS(aliases, (geometry, geometry))", "列表里不能有字段“geometry”"),
        ("S_INTERSECTS(name, POINT(1 2))", "S_INTERSECTS 只能用于几何"),
        ("S_INTERSECTS(geometry, geometry, geometry)", "应有 2 个参数"),
        ("S_INTERSECTS(geometry, POINT EMPTY)", "空的几何"),
        ("S_INTERSECTS(geometry, POLYGON((0 0,1 1,1 0)))", "Polygon 写法不对"),
        (
            "S_INTERSECTS(geometry, POLYGON((0 0,1 1,1 0,0 1,0 0)))",
            "Polygon 不是有效的几何：边自相交或环相叠（0.5 0.5 处）",
        ),
        ("S_INTERSECTS(geometry, POINT(30.5 117))", "请检查坐标次序"),
        ("S_INTERSECTS(geometry, BBOX(1,2,3))", "BBOX 应为 4 个"),
        ("S_INTERSECTS(geometry, BBOX(1,4,3,2))", "下限应不大于上限"),
        ("S_TOUCHES(geometry, GEOMETRYCOLLECTION(POINT(3 3),LINESTRING(0 0,1 1)))", "混合的 GEOMETRYCOLLECTION"),
        ("name = 'x' AND \x00", "不可用的字符"),
        ("name = '\ud800'", "不可用的字符"),
    ],
)
def test_a_wrong_filter_is_refused_with_what_is_wrong_in_it(text: str, told: str) -> None:
    assert told in refused(text)


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ("", "有误"),
        ("{", "有误"),
        ('{"op": "=", "args": [{"property": "name"}, oops]}', "第 44 个字“oops]}”起"),
        ("[]", "列表不是条件"),
        ("null", "不是条件"),
        ('{"op": "=", "args": []}', "= 应有 2 个参数，给出了 0 个"),
        ('{"op": "and", "args": [true]}', "AND 应有两个或更多条件"),
        ('{"op": "in", "args": [{"property": "name"}, "x"]}', "IN 之后应为列表"),
        ('{"op": "not", "args": [[1]]}', "列表不是条件"),
        ('{"op": "drop table", "args": [1]}', "没有函数“drop table”"),
        ('{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": []}]}', "Polygon"),
        ('{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Sphere", "coordinates": [1]}]}', "有误"),
        ('{"op": "t_after", "args": [{"property": "day"}, {"interval": ["2023-07-15"]}]}', "起止两个值"),
    ],
)
def test_a_wrong_json_filter_is_refused_too(tree: str, told: str) -> None:
    assert told in refused(tree, "cql2-json")


def test_an_unknown_language_or_reference_system_is_refused_with_those_there_are() -> None:
    assert "cql2-text 或 cql2-json" in refused("true", "sql")
    assert "EPSG/0/4548" in refused("true", crs="EPSG:4548")
    assert "下限" in refused("S_WITHIN(geometry,BBOX(5,1,1,5))", crs="http://www.opengis.net/def/crs/EPSG/0/3857")


# limits


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("(" * 100_000 + "true" + ")" * 100_000, "filter 过长：有 200004 个字，最多 16000 个"),
        ("name = '" + "长" * 1_000_000 + "'", "过长"),
        ("(" * 7_000 + "true" + ")" * 7_000, "嵌套过深"),
        ("(" * 32, "嵌套过深而内容过长"),
        ("a = (" * 12, "缺少 12 个右括号"),
        ("(" * 12 + "name = 'x' AND " * 20 + "=" + ")" * 12, "嵌套过深而内容过长"),
        ("NOT " * 3_900 + "true", "嵌套过深"),
        ("households = " + "-" * 15_000 + "1", "嵌套过深"),
        ("households = 1" + "+1" * 7_000, "嵌套过深"),
        ("households = 1" + " + and" * 400, "嵌套过深"),
        ("households = 1" + " + or" * 400, "嵌套过深"),
        ("true" + " = true" * 2_000, "嵌套过深"),
        ("households" + " in (1)" * 2_000, "嵌套过深"),
        ("casei(" * 2_000 + "name" + ")" * 2_000 + "='x'", "嵌套过深"),
        ("true" + " OR true" * 1_900, "条件过多"),
    ],
    ids=count(),
)
def test_a_filter_too_long_or_too_deep_is_refused_before_it_is_parsed(text: str, told: str) -> None:
    assert told in refused(text)


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ("[" * 8_000 + "]" * 8_000, "嵌套过深"),
        ('{"op":"not","args":[' * 100 + "true" + "]}" * 100, "嵌套过深"),
        (json.dumps("长" * 1_000_000), "过长"),
    ],
    ids=count(),
)
def test_a_json_filter_too_long_or_too_deep_is_refused_before_it_is_parsed(tree: str, told: str) -> None:
    assert told in refused(tree, "cql2-json")


# values are bound


@pytest.mark.parametrize(
    "nasty", ["x' OR '1'='1", "'; DROP TABLE communities; --", "%s %(name)s :name $1 {0}", '"', "\\", "${jndi:x}", "*/"]
)
def test_no_text_of_a_filter_stands_in_the_sql(nasty: str) -> None:
    quoted = nasty.replace("'", "''")
    for text in (f"name = '{quoted}'", f"name IN ('{quoted}')", f"CASEI(name) = CASEI('{quoted}')"):
        sql, values = compiled(text)
        assert sql == compiled(text.replace(quoted, "y"))[0]
        assert nasty in values
    assert "不能查询" in refused('"{}" = 1'.format(nasty.replace('"', '""')))


def test_every_kind_of_value_is_bound() -> None:
    text = (
        "households = 424242 AND rate < 4.75 AND day > DATE('2042-02-03') AND at < TIMESTAMP('2042-02-04T00:00:00Z') "
        "AND T_AFTER(day, INTERVAL('2042-02-05','..')) AND A_CONTAINS(aliases, ('甲','乙')) "
        "AND S_WITHIN(geometry, BBOX(42.5,42.5,43.5,43.5)) AND name LIKE '丙%' AND households + 424243 > 0"
    )
    sql, values = compiled(text)
    assert not [word for word in ("4242", "4.75", "2042", "甲", "乙", "42.5", "丙", "infinity") if word in sql]
    assert {424242, "甲", "乙", "丙%", 424243} <= {value for value in values if isinstance(value, int | str)}


# any text whatever


WORDS = st.sampled_from(
    [
        "name",
        "households",
        "rate",
        "day",
        "at",
        "aliases",
        "geometry",
        "nobody",
        "'x'",
        "''",
        "'it''s'",
        "1",
        "-1",
        "0",
        "1.5",
        "1e999",
        "(",
        ")",
        ",",
        "=",
        "<",
        "<>",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "div",
        "and",
        "or",
        "not",
        "in",
        "between",
        "like",
        "is",
        "null",
        "true",
        "false",
        "casei(",
        "accenti(",
        "s_intersects(",
        "t_after(",
        "a_equals(",
        "interval(",
        "date(",
        "date('2020-01-01')",
        "timestamp('2020-01-01T00:00:00Z')",
        "timestamp('x')",
        "interval('..','2020-01-01')",
        "POINT(1;2)",
        "POINT;EMPTY",
        "POLYGON((0;0,1;1,1;0,0;0))",
        "LINESTRING(1;2)",
        "BBOX(1,2,3,4)",
        "BBOX(3,4)",
        "f(",
        ";",
        '"',
        "'",
        "\\",
        "区",
    ]
)
SENTENCES = st.lists(WORDS, max_size=14).map(lambda words: " ".join(word.replace(";", " ") for word in words))
LEAVES = st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.builds(lambda n: {"property": n}, WORDS)
OPERATIONS = ("and", "or", "not", "=", "<", "like", "in", "between", "isNull", "+", "casei", "s_within", "t_meets", "f")
TREES = st.recursive(
    LEAVES,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.builds(
            lambda op, args: {"op": op, "args": args}, st.sampled_from(OPERATIONS), st.lists(inside, max_size=3)
        )
        | st.dictionaries(st.sampled_from(("date", "timestamp", "interval", "bbox", "type", "coordinates")), inside)
    ),
    max_leaves=12,
)


def _answered(text: str, language: str, crs: str) -> None:
    try:
        condition(parse_filter(text, language, crs), NAMED).compile(dialect=DIALECT)
        return
    except ServiceError as error:
        refusal = error
    assert refusal.status == 400
    assert any("一" <= letter <= "鿿" for letter in refusal.message)


@settings(deadline=None, max_examples=300)
@given(st.text() | SENTENCES, st.sampled_from(tuple(REFERENCES)))
def test_any_text_is_a_filter_or_is_refused(text: str, crs: str) -> None:
    _answered(text, "cql2-text", crs)
    _answered(text, "cql2-json", crs)


@settings(deadline=None, max_examples=300)
@given(TREES, st.sampled_from(tuple(REFERENCES)))
def test_any_tree_is_a_filter_or_is_refused(tree: object, crs: str) -> None:
    _answered(json.dumps(tree), "cql2-json", crs)
