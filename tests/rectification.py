"""What tests of rectification share: people at their desks, photos with remarks in them, a problem to work on."""

from __future__ import annotations

import io
from typing import Any

import httpx
from fastapi import FastAPI
from PIL import Image

from gis_service.access import Reader, Role
from gis_service.api.readers import reader_of

YIXIU = frozenset({"340811", "宜秀区"})
COUNTY = Reader(Role.COUNTY, "yixiu", "宜秀区 李某", YIXIU)
COUNTY_TOO = Reader(Role.COUNTY, "yixiu2", "宜秀区 孙某", YIXIU)
FIRE = Reader(Role.FIRE, "fire", "消防 赵某")
FIRE_TOO = Reader(Role.FIRE, "fire2", "消防 钱某")
CITY = Reader(Role.CITY, "city", "市局 陈某")
ELSEWHERE = Reader(Role.COUNTY, "huaining", "怀宁县 周某", frozenset({"340822", "怀宁县"}))
PLACE = (30.61, 117.03)  # latitude and longitude that the camera noted


def photo(form: str = "JPEG", size: tuple[int, int] = (640, 480), *, turned: bool = False) -> bytes:
    """A photo that says where, when and by which camera it was taken."""
    picture = Image.new("RGB", size, "#808080")
    picture.paste((200, 30, 30), (0, 0, size[0] // 2, size[1] // 2))
    exif = Image.Exif()
    exif[0x010F] = "某某相机"
    exif[0x0132] = "2023:07:20 08:30:00"
    if turned:
        exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 36.0, 36.0), 3: "E", 4: (117.0, 1.0, 48.0)})
    out = io.BytesIO()
    picture.save(out, form, exif=exif)
    return out.getvalue()


def become(app: FastAPI, reader: Reader) -> None:
    """Whoever asks from now on is this reader."""
    app.dependency_overrides[reader_of] = lambda: reader


def send(web: httpx.Client, problem_id: int, kind: str, **told: Any) -> httpx.Response:
    return web.post(f"/problems/{problem_id}/events", json={"kind": kind, **told})


def bring(web: httpx.Client, problem_id: int, content: bytes | None = None, note: str = "") -> httpx.Response:
    files = {"file": ("整改后.jpg", content or photo())}
    return web.post(f"/problems/{problem_id}/evidence", data={"note": note}, files=files)


def spot(web: httpx.Client, lon: float, lat: float, note: str = "私家车堵住消防车道", **more: str) -> httpx.Response:
    data = {"lon": str(lon), "lat": str(lat), "note": note, **more}
    return web.post("/problems", data=data, files={"file": ("现场.jpg", photo())})


def kinds(problem: dict[str, Any]) -> list[str]:
    return [event["kind"] for event in problem["events"]]
