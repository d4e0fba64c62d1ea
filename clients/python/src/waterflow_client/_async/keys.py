"""API keys: for admins."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .._request import Request, list_of, path, unique_key, wire
from ..models import IssuedKey, Key, KeyRotation, NewKey
from .part import AsyncPart

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class AsyncKeys(AsyncPart):
    """API keys."""

    async def list(self) -> Sequence[Key]:
        """All of them, without the keys themselves."""
        return await self._transport.ask(Request(path="v1/keys"), read=list_of("keys", Key.from_json))

    async def create(self, *, idempotency_key: str | None = None, **key: Unpack[NewKey]) -> IssuedKey:
        """`key` of the answer is in it this one time. Lost with a broken connection, it is lost: rotate the key."""
        body = wire(key)
        unique = idempotency_key or unique_key()
        request = Request(method="POST", path="v1/keys", body=body, idempotency_key=unique)
        return await self._transport.ask(request, read=IssuedKey.from_json)

    async def rotate(self, id: str, **rotation: Unpack[KeyRotation]) -> IssuedKey:
        """Another key in the place of one that goes on for `grace`."""
        request = Request(method="POST", path=path("v1/keys/{}/rotate", id), body=wire(rotation))
        return await self._transport.ask(request, read=IssuedKey.from_json)

    async def revoke(self, id: str) -> Key:
        """From now on it is refused."""
        return await self._transport.ask(Request(method="DELETE", path=path("v1/keys/{}", id)), read=Key.from_json)
