"""Routes that are asked most: the rule is kept, then the function is called without the machinery of the others."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from gis_service.api.readers import reader_of, rule_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Direct(APIRoute):
    """A route whose awaited function takes `request`, `published`, `reader` and texts of its path, and reads the rest.

    It is described, and its rule is declared, as any other's; resolving its dependencies took longer than the answer.
    """

    def get_route_handler(self) -> Handler:
        """What answers a request."""
        rule, endpoint = rule_of(self), self.endpoint
        names = [name for name in inspect.signature(endpoint).parameters if name in self.param_convertors]
        assert rule is not None  # noqa: S101 - a slip of ours, found as the program starts

        async def answer(request: Request) -> Response:
            reader = await rule(request, await reader_of(request))
            path = {name: request.path_params[name] for name in names}
            found: Response = await endpoint(
                request=request, published=request.app.state.publication, reader=reader, **path
            )
            return found

        return answer
