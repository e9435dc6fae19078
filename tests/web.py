"""What tests of the web door share: the application behind a real server, its pages of features, its refusals."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from gis_service.settings import Settings

LAYERS = (
    *("divisions", "places", "communities", "management_areas", "uncovered_communities"),
    *("coverage", "problems", "fire_lanes", "ebike_charging", "manholes"),
)
MAPS = ("coverage", "hazards", "boundaries")
SETTINGS = Settings(database_url=None, max_limit=500, default_limit=50)


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """The application behind a real server, as browsers meet it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def items_of(web: httpx.Client, layer: str, **parameters: object) -> dict[str, Any]:
    answer = web.get(f"/collections/{layer}/items", params={key: str(value) for key, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    found: dict[str, Any] = answer.json()
    return found


def every_page(web: httpx.Client, address: str) -> Iterator[dict[str, Any]]:
    following: str | None = address
    while following:
        page = web.get(following).json()
        yield page
        following = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)


def refusal(answer: httpx.Response, status: int) -> str:
    """What a refused reader is told; the form is the same for every refusal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert set(told) == {"type", "title", "status", "detail", "instance", "request_id"}
    assert told["status"] == status
    assert told["request_id"] == answer.headers["x-request-id"]
    assert told["type"].startswith("urn:gis-service:problem:")
    assert answer.request.url.path == told["instance"]
    assert re.search("[一-鿿]", told["detail"])
    assert re.search("[一-鿿]", told["title"])
    return str(told["detail"])
