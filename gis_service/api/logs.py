"""Log records in; lines of text or of JSON out on stderr, each with the id of the request it belongs to."""

from __future__ import annotations

import datetime as dt
import json
import logging
import logging.config
from contextvars import ContextVar
from typing import Literal

LogFormat = Literal["text", "json"]
request_id: ContextVar[str] = ContextVar("request_id", default="-")
HEADER = "X-Request-Id"
FIELDS = "fields"  # the attribute of a record that holds what the line says, by name


class RequestIdFilter(logging.Filter):
    """Every record bears the id of the request during which it was made, `-` outside of any."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the id on the record; none is held back."""
        record.request_id = request_id.get()
        return True


class TextLines(logging.Formatter):
    """`time LEVEL logger [request id] message`, then the traceback if there is one."""

    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s")


class JsonLines(logging.Formatter):
    """One JSON object a line: time (ISO 8601, with zone), level, logger, request id, message, its fields, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        told: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def configure(form: LogFormat) -> None:
    """From now on the records of the service and of its web server go to stderr in that form."""
    lines = {"text": TextLines, "json": JsonLines}[form]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request_id": {"()": RequestIdFilter}},
            "formatters": {"lines": {"()": lines}},
            "handlers": {
                "stderr": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["request_id"]},
            },
            "root": {"level": "WARNING", "handlers": ["stderr"]},
            "loggers": {"gis_service": {"level": "INFO"}},
        }
    )
