"""Misuse of the service, and the HTTP status that each kind of misuse is answered with."""

from __future__ import annotations


class ServiceError(Exception):
    """Somebody asked for what cannot be done; the message is Chinese and may be shown to that person."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class BadRequestError(ServiceError):
    """The request itself is wrong: a parameter, a filter, a geometry."""


class NotFoundError(ServiceError):
    """No layer, map, feature or file bears that name."""

    status = 404
    code = "not_found"


class ConflictError(ServiceError):
    """The change contradicts what is already agreed."""

    status = 409
    code = "conflict"


class TooLargeError(ServiceError):
    """The input exceeds a limit that is named in the message."""

    status = 413
    code = "too_large"


class BusyError(ServiceError):
    """Too many ask for the same costly thing at once; later it will be done."""

    status = 503
    code = "busy"


class DeclarationError(ServiceError):
    """A file in layers/ or maps/ does not follow the form; the message names file and key."""

    status = 500
    code = "declaration"


class SetupError(ServiceError):
    """Something this machine needs is missing; the message says exactly what to do."""

    status = 503
    code = "setup"
