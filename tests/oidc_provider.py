"""A provider of identities for tests: authlib's own server behind a real socket, which may be told to lie."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Payload, OAuth2Request, grants
from authlib.oauth2.rfc6749.models import AuthorizationCodeMixin
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc.jwk import RSAKey

from tests.web import served

CLIENT, SECRET = "gis", "the secret of the client"


@dataclass
class Lies:
    """What the provider puts into its next id token instead of the truth, and with which key it signs."""

    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey | None = None
    algorithm: str = "RS256"
    person: str = "wang.moumou"


class _Client(ClientMixin):  # type: ignore[misc]
    id_token_signed_response_alg = None

    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith("/oidc/callback")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method, endpoint) == ("client_secret_basic", "token")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class _Code(AuthorizationCodeMixin):  # type: ignore[misc]
    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class _Payload(OAuth2Payload):  # type: ignore[misc]
    def __init__(self, told: dict[str, str]) -> None:
        self._told = told

    @property
    def data(self) -> dict[str, str]:
        return self._told

    @property
    def datalist(self) -> dict[str, list[str]]:
        return {name: [value] for name, value in self._told.items()}


class _Asked(OAuth2Request):  # type: ignore[misc]
    def __init__(self, request: Request, told: dict[str, str]) -> None:
        super().__init__(request.method, str(request.url).replace("http://", "https://"), headers=request.headers)
        self.payload = _Payload(told)
        self._told = told

    @property
    def form(self) -> dict[str, str]:
        return self._told

    @property
    def args(self) -> dict[str, str]:
        return self._told


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)
    codes: dict[str, _Code]

    def save_authorization_code(self, code: str, request: _Asked) -> None:
        told = request.payload.data
        names = ("redirect_uri", "scope", "nonce", "code_challenge", "code_challenge_method")
        self.server.codes[code] = _Code(code, *(told[name] for name in names))

    def query_authorization_code(self, code: str, _client: _Client) -> _Code | None:
        found: _Code | None = self.server.codes.get(code)
        return found

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        del self.server.codes[authorization_code.code]

    def authenticate_user(self, _authorization_code: _Code) -> str:
        return str(self.server.lies.person)


class _Identity(OpenIDCode):  # type: ignore[misc]
    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, _nonce: str, _request: object) -> bool:
        return False

    def resolve_client_private_key(self, _client: object) -> RSAKey:
        return self.provider.lies.key or self.provider.key

    def get_client_algorithm(self, _client: object) -> str:
        return self.provider.lies.algorithm

    def get_encode_header(self, _client: object) -> dict[str, str]:
        return {"alg": self.provider.lies.algorithm}

    def get_compatible_claims(self, _request: object) -> dict[str, object]:
        now = int(time.time())
        return {"iss": self.provider.issuer, "aud": [CLIENT], "iat": now, "exp": now + 300}

    def generate_user_info(self, user: str, _scope: str) -> dict[str, object]:
        return {"sub": user, **self.provider.lies.claims}  # last of all: it may overwrite what is true


class Provider(AuthorizationServer):  # type: ignore[misc]
    """authlib's server: one client, one person, who is always willing to log in."""

    def __init__(self) -> None:
        super().__init__()
        self.key, self.issuer, self.lies = RSAKey.generate_key(2048, {"kid": "one"}), "", Lies()
        self.codes: dict[str, _Code] = {}
        self.register_grant(_CodeGrant, [_Identity(self), CodeChallenge(required=True)])
        self.register_token_generator("default", _bearer)

    def query_client(self, client_id: str) -> _Client | None:
        return _Client() if client_id == CLIENT else None

    def save_token(self, token: object, request: object) -> None:
        """Nobody asks for it again."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: _Asked) -> _Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        named = dict(headers)
        return JSONResponse(body, status, named) if isinstance(body, dict) else Response(body, status, named)


def _bearer(**_facts: object) -> dict[str, object]:
    return {"token_type": "Bearer", "access_token": "nobody uses it", "expires_in": 60, "scope": "openid profile"}


@contextmanager
def provided() -> Iterator[Provider]:
    """The provider behind a real server."""
    provider, app = Provider(), FastAPI()

    @app.get("/.well-known/openid-configuration")
    def metadata() -> dict[str, object]:
        base = provider.issuer
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    @app.get("/keys")
    def keys() -> dict[str, object]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        asked = _Asked(request, dict(request.query_params))
        answer: Response = provider.create_authorization_response(
            asked, grant_user=provider.lies.person, grant=provider.get_authorization_grant(asked)
        )
        return RedirectResponse(answer.headers["location"], 302)

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        answer: Response = provider.create_token_response(_Asked(request, form))
        return answer

    with served(app, None) as client:
        provider.issuer = str(httpx.URL(client.base_url)).rstrip("/")
        yield provider
