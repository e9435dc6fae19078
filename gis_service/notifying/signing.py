"""A message and a key in; the headers by which its receiver knows who sent it, and that it is not an old one, out.

The headers and what is signed are those of Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA256 of
`id.timestamp.body`; libraries in every common language verify them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

PREFIX = "whsec_"


def key_of(secret: str, webhook_id: int, salt: str) -> str:
    """The key of a subscription, made from that of the service: no database and no backup holds it."""
    made = hmac.new(secret.encode(), f"webhook {webhook_id} {salt}".encode(), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(made).decode()


def signed(key: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a message; the timestamp is in seconds since 1970."""
    secret = base64.b64decode(key.removeprefix(PREFIX))
    signature = hmac.new(secret, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
