"""Three figures on the sample town: sentences parsed, rows resolved, features read beside geopandas."""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas
from sqlalchemy import Connection, text

from gis_service.abuttals import parse
from gis_service.exports import feature_collection
from gis_service.gazetteer import Gazetteer, read_places
from gis_service.layers import feature_query, load_layers
from gis_service.ledger import read_annex1
from gis_service.resolver import Hint, resolve
from gis_service.resources import shared
from gis_service.store.cluster import private_cluster
from gis_service.store.opening import make_engine
from gis_service.store.schema import upgrade

TOWN = shared("data") / "boundaries" / "sample_town"
FEATURES = 20_000
ROUNDS = 5
FILL = """
insert into communities (code, name, aliases, county_code, street_code, neighborhood_code, county, street,
                         neighborhood, reporting_unit, households, floor_area_m2, sample, geom)
select 'B' || number, '小区' || number, array['别名' || number], '340802', '340802001', '340802001001',
       '迎江区', '某街道', '某社区', '迎江区', number, number * 10.5, true, ST_Multi(ST_Buffer(spot, 0.0004, 4))
from generate_series(1, :features) as number,
     lateral ST_SetSRID(ST_Point(117 + number % 200 * 0.001, 30.5 + number / 200 * 0.001), 4490) as spot
"""
COLUMNS = """
select id, code, name, array_to_string(aliases, ';') as aliases, county_code, street_code, neighborhood_code, county,
       street, neighborhood, reporting_unit, households, floor_area_m2, sample, geom
from communities order by id
"""


def main() -> None:
    """The figures, one a line."""
    entries = read_annex1(TOWN / "annex1.xlsx").entries
    sentences = [entry.abuttals_text for entry in entries]
    seconds = _median(lambda: [parse(sentence) for sentence in sentences])
    print(f"parse     {len(sentences) / seconds:10.0f} sentences/s   ({len(sentences)} rows of the sample ledger)")

    gazetteer = Gazetteer(read_places(TOWN / "gazetteer.geojson").places)
    read = [(parse(entry.abuttals_text), Hint(community_names=entry.community_names)) for entry in entries]
    seconds = _median(lambda: [resolve(abuttals, gazetteer, hint=hint) for abuttals, hint in read])
    print(f"resolve   {seconds / len(read) * 1000:10.2f} ms/row        ({len(read)} rows)")
    _bench_items()


def _bench_items() -> None:
    folder = Path(tempfile.mkdtemp(prefix="gis-service-bench-"))
    folder.chmod(0o755)
    try:
        with private_cluster(folder, durable=False) as url:
            engine = make_engine(url, statement_timeout_ms=600_000)
            upgrade(engine)
            with engine.begin() as connection:
                connection.execute(text(FILL), {"features": FEATURES})
            with engine.connect() as connection:
                _compare(connection)
            engine.dispose()
    finally:
        shutil.rmtree(folder)


def _compare(connection: Connection) -> None:
    ours, first = _streamed(connection), _first_piece(connection)
    theirs = _with_geopandas(connection)
    if not len(json.loads(ours)["features"]) == len(json.loads(theirs)["features"]) == FEATURES:
        raise RuntimeError("the two ways do not give the same features")
    streamed = _median(lambda: _streamed(connection))
    assembled = _median(lambda: _with_geopandas(connection))
    print(
        f"items     {FEATURES / streamed:10.0f} features/s    (PostGIS assembles, streamed; first piece {first:.0f} ms)"
    )
    print(f"          {FEATURES / assembled:10.0f} features/s    (peer: geopandas read_postgis + to_json, whole)")
    print(f"ratio     {assembled / streamed:10.1f} x")


def _streamed(connection: Connection) -> str:
    layer = load_layers(shared("layers"))["communities"]
    return "".join(feature_collection(connection, layer, feature_query(layer, "planner")))


def _first_piece(connection: Connection) -> float:
    layer = load_layers(shared("layers"))["communities"]
    started = time.perf_counter()
    pieces = feature_collection(connection, layer, feature_query(layer, "planner"))
    next(pieces)
    next(pieces)
    passed = (time.perf_counter() - started) * 1000
    pieces.close()
    return passed


def _with_geopandas(connection: Connection) -> str:
    frame = geopandas.read_postgis(text(COLUMNS), connection, geom_col="geom")
    return str(frame.to_json(drop_id=True))


def _median(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
