"""Map declarations and pages: refused when wrong, free of any other server, safe with whatever data they carry."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_service.errors import DeclarationError
from gis_service.layers import load_layers
from gis_service.maps import STATIC, Assets, PageOptions, landing_page, load_maps, map_page
from gis_service.maps.bundles import BUNDLES
from gis_service.maps.page_config import safe_json, written_safely
from gis_service.resources import shared, vendor

LAYERS = load_layers(shared("layers"))
MAPS = load_maps(shared("maps"), LAYERS)
SERVED = PageOptions(server="/gis", nonce="n0nce", siblings=tuple(MAPS.values()))
each_map = pytest.mark.parametrize("name", MAPS)


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text of every script by its id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self._open: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the element; a script's text follows."""
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self._open = dict(attrs).get("id") or f"#{len(self.scripts)}"
            self.scripts[self._open] = ""

    def handle_endtag(self, tag: str) -> None:
        """The script ends where a browser ends it."""
        self._open = None if tag == "script" else self._open

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if self._open is not None:
            self.scripts[self._open] += data

    def addresses(self) -> list[str]:
        """Everything a browser would load or could follow."""
        return [value for _, each in self.elements for key in ("src", "href") if (value := each.get(key))]


def served(name: str) -> Page:
    return Page(map_page(MAPS[name], LAYERS, assets=Assets.on_server("/gis"), city="安庆市", options=SERVED))


def self_contained(name: str, **data: str) -> str:
    return map_page(MAPS[name], LAYERS, assets=Assets.in_page(), data=data, city="安庆市")


def declare(folder: Path, **changes: str) -> Path:
    text = (shared("maps") / "boundaries.toml").read_text(encoding="utf-8")
    for old, new in changes.items():
        text = text.replace(old, new)
    (folder / "trial.toml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(DeclarationError) as caught:
        load_maps(folder, LAYERS)
    return caught.value.message


def test_the_maps_come_in_their_order() -> None:
    assert list(MAPS) == ["coverage", "hazards", "boundaries", "service"]


def test_an_unknown_key_is_refused_with_file_and_key(tmp_path: Path) -> None:
    message = refusal(declare(tmp_path, short_title="kurztitel"))
    assert "trial.toml" in message
    assert "kurztitel" in message or "short_title" in message


def test_a_map_of_a_layer_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    message = refusal(declare(tmp_path, **{'layers = ["management_areas"': 'layers = ["areas"'}))
    assert message == "trial.toml：“layers”写了“areas”，没有这个图层"


def test_a_popup_field_that_the_layer_lacks_is_refused(tmp_path: Path) -> None:
    message = refusal(declare(tmp_path, fee_rate="fee"))
    assert message.startswith("trial.toml：“popup.management_areas”写了“fee”")


def test_a_file_that_is_not_toml_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("title = ", encoding="utf-8")
    assert refusal(tmp_path).startswith("broken.toml：不是有效的 TOML")


@each_map
def test_a_served_page_loads_from_our_server_only_and_every_file_is_there(name: str) -> None:
    page = served(name)
    loaded = [each["src"] for tag, each in page.elements if tag == "script" and each.get("src")]
    loaded += [each["href"] for tag, each in page.elements if tag == "link" and each.get("rel") == "stylesheet"]
    assert {"/gis/bundles/map.js", "/gis/bundles/map.css"} <= {str(address).partition("?")[0] for address in loaded}
    for address in loaded:
        assert address is not None
        found = re.fullmatch(r"/gis/(bundles|vendor/([\w-]+))/([\w-]+\.(?:js|css))\?v=[0-9a-f]{10}", address)
        assert found, address
        assert found[3] in BUNDLES if found[1] == "bundles" else (vendor(found[2]) / found[3]).is_file()
    assert all(address.startswith(("/gis/", "#", "data:image/svg+xml")) for address in page.addresses())


@each_map
def test_every_script_bears_the_nonce_and_no_element_carries_a_handler(name: str) -> None:
    page = served(name)
    programs = [each for tag, each in page.elements if tag == "script" and each.get("type") != "application/json"]
    assert {each.get("nonce") for each in programs} == {"n0nce"}
    assert [key for _, each in page.elements for key in each if key.startswith("on")] == []
    assert [each for _, each in page.elements if "style" in each] == []


@each_map
def test_a_self_contained_page_names_no_address_but_its_own_pictures(name: str) -> None:
    text = self_contained(name)
    page = Page(text)
    assert [address for address in page.addresses() if not address.startswith(("#", "data:"))] == []
    styles = "".join(re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL))
    assert set(re.findall(r"url\(([^)]{0,10})", styles)) <= {"data:image", "#default#V"}
    assert "sourceMappingURL" not in text


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_no_text_in_the_data_can_leave_its_script_element(name: str) -> None:
    nasty = name + "</script><script>alert(1)</script><!--<script>\u2028"
    collection = {"type": "FeatureCollection", "features": [{"properties": {"name": nasty}}]}
    body = f'<script type="application/json" id="d">{safe_json(collection)}</script><p>after</p>'
    page = Page(body)
    assert [tag for tag, _ in page.elements] == ["script", "p"]
    assert json.loads(page.scripts["d"]) == collection


def test_data_written_into_a_page_is_read_back_unchanged() -> None:
    text = '{"type": "FeatureCollection", "features": [{"properties": {"name": "a</script>&<b>"}}]}'
    page = Page(self_contained("boundaries", management_areas=text))
    assert json.loads(page.scripts["data-management_areas"]) == json.loads(text)
    assert "<" not in written_safely(text)


@each_map
def test_the_scripts_get_titles_units_and_words_of_every_field(name: str) -> None:
    config = json.loads(served(name).scripts["page-config"])
    assert list(config["layers"]) == list(MAPS[name].layers)
    for layer_id, told in config["layers"].items():
        assert {key: field["title"] for key, field in told["fields"].items()} == {
            key: field.title for key, field in LAYERS[layer_id].fields.items()
        }
    assert config["place_kinds"]["road"] == "道路"
    assert config["service_forms"]["5"] == "无物管"


def test_the_landing_page_leads_to_every_map_and_every_layer() -> None:
    page = Page(landing_page(MAPS, LAYERS, city="安庆市", options=PageOptions(sample=True)))
    assert {f"/maps/{name}" for name in MAPS} <= set(page.addresses())
    assert {f"/collections/{name}/items" for name in LAYERS} <= set(page.addresses())
    counted = {each["data-layer"] for _, each in page.elements if "data-layer" in each}
    assert counted == {number.layer for each in MAPS.values() for number in each.numbers}


def test_the_landing_page_says_that_the_sample_is_invented_only_while_it_is_there() -> None:
    assert "示例数据（虚构）" in landing_page(MAPS, LAYERS, options=PageOptions(sample=True))
    assert "示例数据（虚构）" not in landing_page(MAPS, LAYERS)


def test_a_title_of_the_city_cannot_bring_markup_into_the_page() -> None:
    text = map_page(MAPS["coverage"], LAYERS, assets=Assets.on_server(), city="<b>安庆</b>", options=SERVED)
    assert "<b>安庆" not in text


def test_every_script_and_style_of_ours_is_used_by_a_page() -> None:
    assets = (
        Assets.on_server(desk="boundaries"),
        *(Assets.for_landing(), Assets.for_records(), Assets.for_forms(), Assets.for_sheet(), Assets.for_report()),
        *(Assets.for_ledgers(), Assets.for_webhooks()),
    )
    used = {asset.url.split("/")[-1].split("?")[0] for each in assets for asset in (*each.scripts, *each.styles)}
    bundled = [file.name for name in used & set(BUNDLES) for file in BUNDLES[name]]
    assert len(bundled) == len(set(bundled))
    assert {file.name for file in STATIC.iterdir()} == {*bundled, *used} - {
        *BUNDLES,
        *("leaflet.js", "leaflet.css"),
        *("leaflet-geoman.min.js", "leaflet-geoman.css", "protomaps-leaflet.js"),
    }


def test_the_tools_for_drawing_come_only_with_the_desk_that_draws() -> None:
    def loaded(desk: str) -> set[str]:
        assets = Assets.on_server(desk=desk)
        return {each.url.split("/")[-1].split("?")[0] for each in (*assets.scripts, *assets.styles)}

    tools = loaded("boundaries") - loaded("")
    assert {"leaflet-geoman.min.js", "leaflet-geoman.css", "drawing.js", "drawing.css"} <= tools
    assert loaded("coverage") == loaded("hazards") == loaded("")


@pytest.mark.parametrize("file", sorted(STATIC.glob("*.js")), ids=lambda file: file.name)
def test_our_scripts_never_make_markup_or_programs_of_data(file: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|bindPopup|https?://(?!www\.w3\.org/2000/svg)"
    assert re.findall(forbidden, file.read_text(encoding="utf-8")) == []
