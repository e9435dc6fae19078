"""Errors in, one form of answer out (RFC 9457, application/problem+json); the table from error to HTTP status."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from gis_service.api.headers import NO_CONTENT_POLICY, SECURITY_HEADERS
from gis_service.api.logs import HEADER, request_id
from gis_service.errors import ServiceError

_log = logging.getLogger(__name__)
_TITLES = {
    "bad_request": "请求有误",
    "unauthorized": "需要登录",
    "forbidden": "没有权限",
    "password_due": "请先修改密码",
    "not_found": "没有找到",
    "method_not_allowed": "不支持这种请求方式",
    "gone": "已经清除",
    "conflict": "与现有数据冲突",
    "too_large": "超出上限",
    "stale": "已被别人改动",
    "unconditional": "没有说明从哪一版改起",
    "unusable": "内容不能采用",
    "media_type": "不支持这种格式",
    "declaration": "图层或地图的声明有误",
    "setup": "服务尚未就绪",
    "busy": "服务繁忙",
    "too_many": "请求太多",
    "internal": "服务内部错误",
}
_BY_STATUS = {404: ("not_found", "没有这个地址"), 405: ("method_not_allowed", "这个地址不支持这种请求方式")}
_PAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="{home}/static/forms.css"></head>
<body class="narrow"><main>
<section class="card"><h1>{title}</h1><p>{detail}</p><p><a href="{home}/">返回首页</a></p></section>
</main></body></html>
"""
_MORE = ("findings", "current", "difference")  # details of an error that are told beside the words
_INSTEAD = {"unauthorized": "/login", "password_due": "/account"}  # where a person goes first
_UNKEPT = {"Cache-Control": "no-store", "Vary": "Accept, Cookie, Authorization"}
_LATER, _RETRY_S = (429, 503), "5"  # come back after so many seconds (RFC 9110 10.2.3)
_CANCELLED = "57014"  # PostgreSQL: the statement ran into its time limit
_NO_SUCH_NUMBER = {"22003", "2201F"}  # PostgreSQL: out of range; a power that has no value


class Problem(BaseModel):
    """What every refusal says."""

    type: str = Field(description="urn:gis-service:problem:…，机器可读的类别")
    title: str = Field(description="类别的名称")
    status: int = Field(description="HTTP 状态码")
    detail: str = Field(description="具体说明，以及可以怎么做")
    instance: str = Field(description="请求的路径")
    request_id: str = Field(description="请求编号，与日志和回答头 X-Request-Id 相同")


MEDIA_TYPE = "application/problem+json"
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": words,
        "content": {
            MEDIA_TYPE: {"schema": Problem.model_json_schema()},
            "text/html": {"schema": {"type": "string"}},
        },
    }
    for status, words in (("4XX", "请求不能满足"), ("503", "服务繁忙或数据库不可用，请稍后再试"))
}


def problem(
    request: Request, status: int, code: str, detail: str, more: Mapping[str, object] | None = None
) -> Response:
    """The members of `Problem` in Chinese and `more` of them, as JSON; for a browser a page of the same words."""
    told = Problem(
        type=f"urn:gis-service:problem:{code}",
        title=_TITLES[code],
        status=status,
        detail=detail,
        instance=request.url.path,
        request_id=request_id.get(),
    )
    # also set here, since the answer to an unexpected error does not pass the middleware
    headers = {
        **SECURITY_HEADERS,
        "Cache-Control": "no-store",
        "Vary": "Accept, Cookie, Authorization",
        HEADER: told.request_id,
    }
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="gis-service"'
    if status in _LATER:
        headers["Retry-After"] = _RETRY_S
    if request.headers.get("accept", "").startswith("text/html"):
        headers["Content-Security-Policy"] = f"{NO_CONTENT_POLICY}; style-src 'self'"
        home = request.scope.get("root_path", "")
        return HTMLResponse(_PAGE.format(title=escape(told.title), detail=escape(detail), home=home), status, headers)
    return JSONResponse({**told.model_dump(), **(more or {})}, status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Every error of the application is answered as a problem."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _unreadable_request)
    app.add_exception_handler(OperationalError, _database_error)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(psycopg.Error, _database_error)
    app.add_exception_handler(PoolTimeoutError, _pool_exhausted)
    app.add_exception_handler(Exception, internal_error)


def _service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101 - the table above says so
    if error.status >= 500:
        _log.error("%s %s: %s", request.method, request.url.path, error.message)
    elsewhere = _INSTEAD.get(error.code)
    if elsewhere and request.method == "GET" and request.headers.get("accept", "").startswith("text/html"):
        goal = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        root = request.scope.get("root_path", "")
        return RedirectResponse(f"{root}{elsewhere}?next={quote(goal.removeprefix(root), safe='')}", 303, _UNKEPT)
    more = {name: error.details[name] for name in _MORE if name in error.details}
    return problem(request, error.status, error.code, error.message, more)


def _unreadable_request(request: Request, _error: Exception) -> Response:
    return problem(request, 400, "bad_request", "地址中的编号或参数写法不对")


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, detail = _BY_STATUS.get(status, ("bad_request", "请求无法处理"))
    answer = problem(request, status, code, detail)
    answer.headers.update(getattr(error, "headers", None) or {})
    if answer.headers.get("allow") == "GET":
        answer.headers["Allow"] = "GET, HEAD"  # every GET answers HEAD
    return answer


def _database_error(request: Request, error: Exception) -> Response:
    original = getattr(error, "orig", error)  # of SQLAlchemy; quick reads fail with errors of psycopg
    state = getattr(original, "sqlstate", None)
    if state == _CANCELLED:
        return problem(request, 503, "busy", "查询超过时限，请缩小范围或减少条数后再试")
    if state in _NO_SUCH_NUMBER:
        return problem(request, 400, "bad_request", "filter 中的运算没有结果：数值超出范围，或乘方无意义")
    # with a state the message may quote what a person asked for; without, it tells why there is no connection
    _log.error("%s %s: %s", request.method, request.url.path, state or original)
    if isinstance(error, OperationalError | psycopg.OperationalError):
        return problem(request, 503, "setup", "数据库暂时不可用，请稍后再试")
    return internal_error(request, error)


def _pool_exhausted(request: Request, _error: Exception) -> Response:
    return problem(request, 503, "busy", "同时访问的人太多，请稍后再试")


def internal_error(request: Request, _error: Exception) -> Response:
    """The answer that gives nothing away; the server logs the error itself with its traceback."""
    return problem(request, 500, "internal", f"服务内部错误，已记录，请联系管理员（编号 {request_id.get()}）")
