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


class UnauthorizedError(ServiceError):
    """Nobody is logged in, and what was asked for is not for the public."""

    status = 401
    code = "unauthorized"


class ForbiddenError(ServiceError):
    """Whoever is logged in may not see or do this."""

    status = 403
    code = "forbidden"


class PasswordDueError(ForbiddenError):
    """Whoever is logged in has yet to choose a password of their own."""

    code = "password_due"


class TooManyError(ServiceError):
    """The same asker asked too often in a short time."""

    status = 429
    code = "too_many"


class NotFoundError(ServiceError):
    """No layer, map, feature or file bears that name."""

    status = 404
    code = "not_found"


class GoneError(ServiceError):
    """It was there, and is kept no longer."""

    status = 410
    code = "gone"


class ConflictError(ServiceError):
    """The change contradicts what is already agreed."""

    status = 409
    code = "conflict"


class StaleError(ServiceError):
    """Somebody else changed it since; `details` say what stands there now."""

    status = 412
    code = "stale"


class UnconditionalError(ServiceError):
    """A change must say which state it was made from."""

    status = 428
    code = "unconditional"


class UnusableError(ServiceError):
    """The form is right, but what it says cannot be kept, such as a boundary that crosses itself."""

    status = 422
    code = "unusable"


class MediaTypeError(ServiceError):
    """The body is in a form that is not taken here."""

    status = 415
    code = "media_type"


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
