"""What the service does in; numbers for Prometheus out at `/metrics`, none of which names a person or a query."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy import Engine, QueuePool

from gis_service.api.readers import Overseeing

router = APIRouter(include_in_schema=False)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """The numbers of one application; the values of every label come from a fixed list or from the routes."""

    def __init__(self, engine: Engine) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "gis_service_requests", "已回答的请求数", ["route", "method", "status"], registry=registry
        )
        self.seconds = Histogram(
            "gis_service_request_seconds",
            "从收到请求到送完回答的秒数，含排队",
            ["route", "method"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.refused = Counter(
            "gis_service_refused",
            "因负载拒绝或中断的请求数：client 同一地址太多，full 排队已满，waited 等候太久，slow 接收太慢",
            ["reason"],
            registry=registry,
        )
        self.running = Gauge("gis_service_requests_running", "正在使用数据库的请求数", registry=registry)
        self.waiting = Gauge("gis_service_requests_waiting", "正在排队的请求数", registry=registry)
        self.features = Counter("gis_service_features_read", "从数据库读出并送往回答的要素数", registry=registry)
        connections = Gauge("gis_service_database_connections_in_use", "正在使用的数据库连接数", registry=registry)
        connections.set_function(lambda: _in_use(engine))
        ProcessCollector(registry=registry)


@router.get("/metrics")
def metrics(request: Request, _reader: Overseeing) -> Response:
    """Every number of the application in the text format of Prometheus."""
    told: Metrics = request.app.state.publication.metrics
    return Response(
        generate_latest(told.registry), headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST}
    )


def _in_use(engine: Engine) -> int:
    return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0
