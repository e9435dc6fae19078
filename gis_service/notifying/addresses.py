"""A URL and what is allowed in; the address to connect to out: on a closed network nothing is sent but where it may be.

Whoever subscribes names a URL, and the service asks for it from inside the network: without a list of what is allowed
that would open every machine there to them (server-side request forgery, OWASP A10:2021).
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from gis_service.errors import BadRequestError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LONGEST = 500


@dataclass(frozen=True)
class Allowed:
    """Hosts by name, and networks, to which something may be sent."""

    hosts: frozenset[str]
    networks: tuple[Network, ...]

    def holds(self, host: str, address: str) -> bool:
        """True of a host that is named, or an address in one of the networks."""
        found = ipaddress.ip_address(address)
        return host.lower() in self.hosts or any(found in network for network in self.networks)


def parse_allowed(text: str) -> Allowed:
    """The hosts and networks of a list with commas; BadRequestError names what is neither.

    >>> parse_allowed("10.0.0.0/8, data.example.gov.cn").hosts
    frozenset({'data.example.gov.cn'})
    """
    hosts: set[str] = set()
    networks: list[Network] = []
    for part in filter(None, (piece.strip() for piece in text.replace("，", ",").split(","))):
        try:
            networks.append(ipaddress.ip_network(part))
        except ValueError as error:
            if "/" in part or not part.isascii():
                raise BadRequestError(f"“{part[:60]}”既不是主机名也不是网段") from error
            hosts.add(part.lower())
    return Allowed(frozenset(hosts), tuple(networks))


def require_url(url: str, allowed: Allowed) -> None:
    """BadRequestError unless the URL is http(s), without a password, and goes where something may be sent."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadRequestError("url 不是网址") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > _LONGEST or not url.isprintable():
        raise BadRequestError("url 应为 http:// 或 https:// 开头的网址，至多 500 字")
    if parts.username or parts.password or parts.fragment or port == 0:
        raise BadRequestError("url 里不能有用户名、密码和 # 之后的部分")
    resolved(url, allowed)


def resolved(url: str, allowed: Allowed) -> str:
    """The one address to connect to; BadRequestError where the host is unknown, or any of its addresses is not allowed.

    What is returned is what is connected to, so that a name cannot mean another machine a moment later.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadRequestError(f"找不到主机“{host[:100]}”") from error
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    if not all(allowed.holds(host, address) for address in addresses):
        raise BadRequestError(f"不能发到“{host[:100]}”：不在 GIS_SERVICE_WEBHOOK_ALLOW 所列的主机和网段内")
    return addresses[0]
