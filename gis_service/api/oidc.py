"""`/oidc/login`, `/oidc/callback`: the organisation's own log-in (OpenID Connect) in, a session of ours out.

Its libraries take 10 MB, and are loaded where somebody logs in so.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import httpx
from fastapi import Request

from gis_service.errors import BadRequestError, BusyError, ForbiddenError, SetupError
from gis_service.settings import Settings

if TYPE_CHECKING:
    from authlib.oidc.core import CodeIDToken
    from joserfc.jwk import KeySetSerialization

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_LEEWAY_S, _TIMEOUT_S, _PATIENCE_S = 60, 10, 600
_FAILED = "统一登录没有成功，请重新登录"


@dataclass(frozen=True)
class Attempt:
    """One try to log in there: what must come back (`state`, `nonce`), and what only we know (`verifier`)."""

    state: str
    nonce: str
    verifier: str
    goal: str
    begun_at: float

    @classmethod
    def new(cls, goal: str) -> Attempt:
        """A try that nobody can foresee."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, goal, time.time())

    @classmethod
    def read(cls, text: str | None) -> Attempt:
        """The try as the cookie tells it; ForbiddenError where there is none, or it was begun too long ago."""
        found = cls(**json.loads(text)) if text else None
        if found is None or time.time() - found.begun_at > _PATIENCE_S:
            raise ForbiddenError(_FAILED)
        return found

    def written(self) -> str:
        """The try as a cookie may hold it."""
        return json.dumps(asdict(self))


def is_offered(settings: Settings) -> bool:
    """True where the administrator has set up the organisation's log-in."""
    return bool(settings.oidc_issuer and settings.oidc_client_id)


async def address_of_provider(settings: Settings, attempt: Attempt, redirect_uri: str) -> str:
    """Where the browser goes to log in."""
    from authlib.common.urls import add_params_to_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    async with _client() as client:
        known = await _metadata(client, settings)
    asked = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid profile",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": create_s256_code_challenge(attempt.verifier),
        "code_challenge_method": "S256",
    }
    return str(add_params_to_uri(known["authorization_endpoint"], asked.items()))


async def person_of(request: Request, settings: Settings, attempt: Attempt, redirect_uri: str) -> str:
    """What the provider calls the person who came back from it; ForbiddenError for whatever does not fit."""
    given = request.query_params
    if not hmac.compare_digest(given.get("state", "").encode(), attempt.state.encode()) or "code" not in given:
        raise ForbiddenError(_FAILED)
    async with _client() as client:
        known = await _metadata(client, settings)
        told = await _exchanged(client, settings, known, attempt, given["code"], redirect_uri)
        keys = await _json(client, known["jwks_uri"])
    claims = _claims(settings, known, attempt, told, keys)
    person = claims.get(settings.oidc_claim)
    if not isinstance(person, str) or not person:
        raise ForbiddenError(f"统一登录没有给出“{settings.oidc_claim}”，请联系管理员")
    return person


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False)


async def _metadata(client: httpx.AsyncClient, settings: Settings) -> dict[str, Any]:
    known = await _json(client, f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration")
    if known.get("issuer") != settings.oidc_issuer:
        raise SetupError("统一登录的地址与它自称的不同，请管理员检查 GIS_SERVICE_OIDC_ISSUER")
    return known


async def _json(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    _require_safe(address)
    try:
        answer = (await client.get(address)).raise_for_status()
        told: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise BusyError("统一登录暂时不可用，请稍后再试") from error
    return told


async def _exchanged(
    client: httpx.AsyncClient, settings: Settings, known: dict[str, Any], attempt: Attempt, code: str, redirect_uri: str
) -> dict[str, Any]:
    _require_safe(known["token_endpoint"])
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": settings.oidc_client_id,
        "code_verifier": attempt.verifier,
    }
    secret = settings.oidc_client_secret
    named = httpx.BasicAuth(settings.oidc_client_id, secret) if secret else httpx.Auth()
    try:
        answer = await client.post(known["token_endpoint"], data=form, auth=named)
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise BusyError("统一登录暂时不可用，请稍后再试") from error
    if answer.status_code != 200 or not isinstance(told, dict) or "id_token" not in told:
        raise ForbiddenError(_FAILED)
    return told


def _claims(
    settings: Settings, known: dict[str, Any], attempt: Attempt, told: dict[str, Any], keys: dict[str, Any]
) -> CodeIDToken:
    """What the provider says of the person, signed by it, for us, for this very try, and not expired."""
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    offered = known.get("id_token_signing_alg_values_supported", ["RS256"])
    try:
        signed = jwt.decode(
            told["id_token"],
            KeySet.import_key_set(cast("KeySetSerialization", keys)),
            algorithms=[one for one in offered if one in _ALGORITHMS],
        )
        wanted = {"iss": {"essential": True, "value": settings.oidc_issuer}, "nonce": {"essential": True}}
        audience = {"aud": {"essential": True, "value": settings.oidc_client_id}}
        ours = {"nonce": attempt.nonce, "client_id": settings.oidc_client_id, "access_token": told.get("access_token")}
        claims = CodeIDToken(signed.claims, signed.header, {**wanted, **audience}, ours)
        claims.validate(leeway=_LEEWAY_S)
    except (JoseError, ValueError, KeyError) as error:
        raise ForbiddenError(_FAILED) from error
    return claims


def _require_safe(address: str) -> None:
    """BadRequestError for an address that somebody between us and the provider could answer for."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return
    raise BadRequestError("统一登录的地址应以 https:// 开头")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
