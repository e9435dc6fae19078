"""How each route that writes is driven to its end in the town."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import shapely
from fastapi import FastAPI
from fastapi.routing import APIRoute

from gis_service.access import Role
from gis_service.api.readers import routes_of
from gis_service.store import accounts, sessions
from gis_service.store.accounts import NewAccount
from tests.rectification import photo
from tests.town import GEOJSON, GOOD, PATCH, SESSIONS, UNIT, Town

Request = tuple[str, str, dict[str, Any]]
Drive = Callable[[Town, str, dict[str, str]], Request]
_made = iter(range(1, 10_000))


def _area(what: str, prepare: str, body: Callable[[Town, int], dict[str, Any]], method: str = "POST") -> Drive:
    def drive(town: Town, where: str, _headers: dict[str, str]) -> Request:
        area = town.area(where) if prepare == "any" else getattr(town, prepare)(where)
        return method, f"/boundaries/areas/{area}/{what}", {"json": body(town, area)}

    return drive


def _judged(town: Town, area: int) -> dict[str, Any]:
    for lon, lat in shapely.get_coordinates(shapely.from_geojson(json.dumps(town.shape(area)))):
        near = town.ask("GET", f"/boundaries/areas/{area}/candidates?side=E&lon={lon}&lat={lat}").json()["items"]
        if near:
            return {"side": "E", "place_id": near[0]["place_id"]}
    raise AssertionError("an area beside no road")


def _split(town: Town, where: str, _headers: dict[str, str]) -> Request:
    area, body = town.halves(where)
    return "POST", f"/boundaries/areas/{area}/split", {"json": body}


def _merge(town: Town, where: str, _headers: dict[str, str]) -> Request:
    area = town.area(where)
    told = town.ask("GET", f"/boundaries/areas/{area}").json()
    beside = [one["id"] for one in told["neighbours"] if one["state"] == "approved" and not _in_work(town, one["id"])]
    inside = [one for one in beside if town.ask("GET", f"/boundaries/areas/{one}").json()["county"] == UNIT[where]]
    return "POST", "/boundaries/merge", {"json": {"ids": [area, inside[0]], "name": f"合并{area}"}}


def _in_work(town: Town, area: int) -> bool:
    told = town.ask("GET", f"/boundaries/areas/{area}").json()
    return bool(told["working"] or told["pending"])


def _proposal(what: str) -> Drive:
    def drive(town: Town, where: str, _headers: dict[str, str]) -> Request:
        return (
            "POST",
            f"/boundaries/successions/{town.split(where)}/{what}",
            {"json": {"note": "请改线"} if "-" in what else {}},
        )

    return drive


def _drawings(town: Town, where: str) -> tuple[int, dict[str, Any]]:
    area = town.area(where)
    content = json.dumps({"type": "Feature", "properties": {}, "geometry": town.shape(area)}).encode()
    return area, {"files": {"file": ("边界.geojson", content)}}


def _import(town: Town, where: str, _headers: dict[str, str]) -> Request:
    return "POST", "/boundaries/imports", _drawings(town, where)[1]


def _import_commit(town: Town, where: str, headers: dict[str, str]) -> Request:
    area, form = _drawings(town, where)
    sent = town.client.post("/boundaries/imports", headers=headers, **form)
    token = sent.json()["token"] if sent.status_code == 201 else "x" * 30
    return "POST", f"/boundaries/imports/{token}/commit", {"json": {"rows": [{"n": 1, "area_id": area}]}}


def _feature(town: Town, area: int) -> dict[str, Any]:
    return {"type": "Feature", "geometry": town.shape(area), "properties": {"note": "改画"}}


def _create(town: Town, where: str, _headers: dict[str, str]) -> Request:
    area = town.area(where)
    body = _feature(town, area)
    body["properties"]["area_id"] = area
    return "POST", "/collections/boundary_drafts/items", {"content": json.dumps(body), "headers": GEOJSON}


def _change(method: str) -> Drive:
    def drive(town: Town, where: str, _headers: dict[str, str]) -> Request:
        area = town.drafted(where)
        body = {"properties": {"note": "换一句"}} if method == "PATCH" else _feature(town, area)
        more = {} if method == "DELETE" else {"content": json.dumps(body)}
        headers = {"PUT": GEOJSON, "PATCH": PATCH, "DELETE": {}}[method]
        return method, f"/collections/boundary_drafts/items/{area}", {**more, "headers": headers}

    return drive


def _ledger(town: Town, where: str, _headers: dict[str, str]) -> Request:
    return (
        "POST",
        "/ledgers/imports",
        {"files": {"file": ("附件1.xlsx", town.ledger(where))}, "data": {"name": "附件1.xlsx"}},
    )


def _of_ledger(what: str, state: str) -> Drive:
    def drive(town: Town, where: str, headers: dict[str, str]) -> Request:
        """Of a ledger that the person who asks has sent."""
        return "POST", f"/ledgers/imports/{town.job(where, headers, state) if headers else 1}/{what}", {}

    return drive


def _spot(town: Town, where: str, _headers: dict[str, str]) -> Request:
    return "POST", "/problems", {"data": town.place(where), "files": {"file": ("现场.jpg", photo())}}


def _step(town: Town, where: str, _headers: dict[str, str]) -> Request:
    return "POST", f"/problems/{town.problem(where)}/events", {"json": {"kind": "comment", "note": "看过"}}


def _evidence(town: Town, where: str, _headers: dict[str, str]) -> Request:
    return "POST", f"/problems/{town.problem(where)}/evidence", {"files": {"file": ("后.jpg", photo())}}


def _meaning(town: Town, where: str) -> dict[str, Any]:
    return {"unit": UNIT[where], "name": f"某项目{next(_made)}", "kind": "area", "id": town.area(where)}


def _named(town: Town, where: str, _headers: dict[str, str]) -> Request:
    return "POST", "/problems/names", {"json": _meaning(town, where)}


def _unnamed(town: Town, where: str, _headers: dict[str, str]) -> Request:
    made = town.ask("POST", "/problems/names", json=_meaning(town, where)).json()["id"]
    return "DELETE", f"/problems/names/{made}", {}


def _webhook(_town: Town, _where: str, _headers: dict[str, str]) -> Request:
    return "POST", "/webhooks", {"json": {"url": "http://127.0.0.1:9/", "kinds": "area"}}


def _of_webhook(method: str, end: str) -> Drive:
    def drive(town: Town, where: str, headers: dict[str, str]) -> Request:
        """Of the person who asks: nobody sees the subscriptions of others."""
        _, path, more = _webhook(town, where, headers)
        made = town.client.post(path, headers=headers, **more)
        return method, f"/webhooks/{made.json().get('id', 1)}{end}", {}

    return drive


def _figures(method: str) -> Drive:
    def drive(town: Town, where: str, _headers: dict[str, str]) -> Request:
        code = town.ask("GET", f"/boundaries/areas/{town.area(where)}").json()["code"]
        told = [{"subject": code, "period": "2023-07", "value": next(_made) / 10_000}]
        return method, "/indicators/fee_collection/values", {"json": told}

    return drive


def _account(_town: Town, _where: str, _headers: dict[str, str]) -> Request:
    return "POST", "/admin/accounts", {"data": {"login": f"new.{next(_made)}", "name": "某人", "role": "planner"}}


def _of_account(what: str) -> Drive:
    def drive(town: Town, _where: str, _headers: dict[str, str]) -> Request:
        login = f"made.{next(_made)}"
        with town.engine.begin() as connection:
            accounts.add(connection, NewAccount(login, "", Role.PLANNER, password=GOOD))
        return "POST", f"/admin/accounts/{login}/{what}", {"data": {"disabled": "1"} if what == "state" else {}}

    return drive


def _token(_town: Town, _where: str, _headers: dict[str, str]) -> Request:
    return "POST", "/admin/tokens", {"data": {"login": "planner", "name": "对接", "days": "10"}}


def _revoke(town: Town, _where: str, _headers: dict[str, str]) -> Request:
    with town.engine.begin() as connection:
        sessions.issue_token(connection, accounts.named(connection, "planner").id, "要撤销", (), 1)
        number = sessions.tokens(connection)[0].id
    return "POST", f"/admin/tokens/{number}/revoke", {}


def _geometry(town: Town, area: int) -> dict[str, Any]:
    return {"geometry": town.shape(area)}


def _nothing(_town: Town, _area: int) -> dict[str, Any]:
    return {}


def _why(_town: Town, _area: int) -> dict[str, Any]:
    return {"note": "请改"}


def _first(_town: Town, _area: int) -> dict[str, Any]:
    return {"revision": 1}


AREA, ITEM = "/boundaries/areas/{area_id}", "/collections/{layer_id}/items/{feature_id}"
DRIVES: dict[tuple[str, str], Drive] = {
    ("POST", "/webhooks"): _webhook,
    ("DELETE", "/webhooks/{webhook_id}"): _of_webhook("DELETE", ""),
    ("POST", "/webhooks/{webhook_id}/resume"): _of_webhook("POST", "/resume"),
    ("POST", "/webhooks/{webhook_id}/pause"): _of_webhook("POST", "/pause"),
    ("POST", "/webhooks/{webhook_id}/test"): _of_webhook("POST", "/test"),
    ("POST", "/problems/names"): _named,
    ("DELETE", "/problems/names/{name_id}"): _unnamed,
    ("PUT", "/indicators/{indicator_id}/values"): _figures("PUT"),
    ("POST", "/indicators/{indicator_id}/values"): _figures("POST"),
    ("POST", f"{AREA}/checks"): _area("checks", "any", _geometry),
    ("PUT", f"{AREA}/draft"): _area("draft", "any", _geometry, "PUT"),
    ("POST", f"{AREA}/judgements"): _area("judgements", "any", _judged),
    ("POST", f"{AREA}/submit"): _area("submit", "drafted", _nothing),
    ("POST", f"{AREA}/withdraw"): _area("withdraw", "submitted", _nothing),
    ("POST", f"{AREA}/discard"): _area("discard", "drafted", _nothing),
    ("POST", f"{AREA}/approve"): _area("approve", "submitted", _nothing),
    ("POST", f"{AREA}/send-back"): _area("send-back", "submitted", _why),
    ("POST", f"{AREA}/restore"): _area("restore", "any", _first),
    ("POST", f"{AREA}/split"): _split,
    ("POST", "/boundaries/merge"): _merge,
    ("POST", "/boundaries/successions/{succession_id}/approve"): _proposal("approve"),
    ("POST", "/boundaries/successions/{succession_id}/send-back"): _proposal("send-back"),
    ("POST", "/boundaries/successions/{succession_id}/withdraw"): _proposal("withdraw"),
    ("POST", "/boundaries/imports"): _import,
    ("POST", "/boundaries/imports/{token}/commit"): _import_commit,
    ("POST", "/collections/{layer_id}/items"): _create,
    ("PUT", ITEM): _change("PUT"),
    ("PATCH", ITEM): _change("PATCH"),
    ("DELETE", ITEM): _change("DELETE"),
    ("POST", "/ledgers/imports"): _ledger,
    ("POST", "/ledgers/imports/{job_id}/commit"): _of_ledger("commit", "previewed"),
    ("POST", "/ledgers/imports/{job_id}/preview"): _of_ledger("preview", "failed"),
    ("POST", "/ledgers/imports/{job_id}/abandon"): _of_ledger("abandon", "previewed"),
    ("POST", "/problems"): _spot,
    ("POST", "/problems/{problem_id}/events"): _step,
    ("POST", "/problems/{problem_id}/evidence"): _evidence,
    ("POST", "/admin/accounts"): _account,
    ("POST", "/admin/accounts/{login}/password"): _of_account("password"),
    ("POST", "/admin/accounts/{login}/state"): _of_account("state"),
    ("POST", "/admin/tokens"): _token,
    ("POST", "/admin/tokens/{token_id}/revoke"): _revoke,
}


def writes(app: FastAPI) -> dict[tuple[str, str], APIRoute]:
    """Every route that may change something, from the application itself, but for those of one's own session."""
    found = {}
    for route in routes_of(app.routes):
        assert isinstance(route, APIRoute)
        for method in (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            if route.path not in SESSIONS:
                found[method, route.path] = route
    return found
