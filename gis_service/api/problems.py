"""Errors in, one form of answer out (RFC 9457, application/problem+json); the table from error to HTTP status."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from gis_service.errors import ServiceError

_log = logging.getLogger(__name__)
_TITLES = {
    "bad_request": "请求有误",
    "not_found": "没有找到",
    "method_not_allowed": "不支持这种请求方式",
    "conflict": "与现有数据冲突",
    "too_large": "超出上限",
    "declaration": "图层或地图的声明有误",
    "setup": "服务尚未就绪",
    "busy": "服务繁忙",
    "internal": "服务内部错误",
}
_BY_STATUS = {404: ("not_found", "没有这个地址"), 405: ("method_not_allowed", "这个地址不支持这种请求方式")}
_CANCELLED = "57014"  # PostgreSQL: the statement ran into its time limit


class ProblemResponse(JSONResponse):
    """The one form of every refusal."""

    media_type = "application/problem+json"


def problem(request: Request, status: int, code: str, detail: str) -> ProblemResponse:
    """The answer {type, title, status, detail, instance} with Chinese title and detail."""
    body = {
        "type": f"urn:gis-service:problem:{code}",
        "title": _TITLES[code],
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    return ProblemResponse(body, status, headers={"Cache-Control": "no-store"})


def install(app: FastAPI) -> None:
    """Every error of the application is answered as a problem."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(OperationalError, _database_error)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(PoolTimeoutError, _pool_exhausted)
    app.add_exception_handler(Exception, internal_error)


def _service_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, ServiceError)  # noqa: S101 - the table above says so
    if error.status >= 500:
        _log.error("%s %s: %s", request.method, request.url.path, error.message)
    return problem(request, error.status, error.code, error.message)


def _http_error(request: Request, error: Exception) -> ProblemResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, detail = _BY_STATUS.get(status, ("bad_request", "请求无法处理"))
    answer = problem(request, status, code, detail)
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


def _database_error(request: Request, error: Exception) -> ProblemResponse:
    original = getattr(error, "orig", None)
    if getattr(original, "sqlstate", None) == _CANCELLED:
        return problem(request, 503, "busy", "查询超过时限，请缩小范围或减少条数后再试")
    _log.error("%s %s: %s", request.method, request.url.path, original)
    if isinstance(error, OperationalError):
        return problem(request, 503, "setup", "数据库暂时不可用，请稍后再试")
    return internal_error(request, error)


def _pool_exhausted(request: Request, _error: Exception) -> ProblemResponse:
    return problem(request, 503, "busy", "同时访问的人太多，请稍后再试")


def internal_error(request: Request, _error: Exception) -> ProblemResponse:
    """The answer that gives nothing away; the server logs the error itself with its traceback."""
    return problem(request, 500, "internal", "服务内部错误，已记录，请联系管理员")
