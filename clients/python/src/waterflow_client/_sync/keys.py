# Made from _async/keys.py by `npm run generate`. Change that, not this file.
"""API keys: for admins."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .._request import Request, path, unique_key, wire
from ..models import IssuedKey, Key, KeyRotation, NewKey
from .part import Part

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class Keys(Part):
    """API keys."""

    def list(self) -> Sequence[Key]:
        """All of them, without the keys themselves."""
        answer = self._transport.ask(Request(path="v1/keys"))
        return [Key.from_json(each) for each in answer["keys"]]

    def create(self, *, idempotency_key: str | None = None, **key: Unpack[NewKey]) -> IssuedKey:
        """`key` of the answer is in it this one time. Lost with a broken connection, it is lost: rotate the key."""
        body = wire(key)
        unique = idempotency_key or unique_key()
        request = Request(method="POST", path="v1/keys", body=body, idempotency_key=unique)
        return IssuedKey.from_json(self._transport.ask(request))

    def rotate(self, id: str, **rotation: Unpack[KeyRotation]) -> IssuedKey:
        """Another key in the place of one that goes on for `grace`."""
        request = Request(method="POST", path=path("v1/keys/{}/rotate", id), body=wire(rotation))
        return IssuedKey.from_json(self._transport.ask(request))

    def revoke(self, id: str) -> Key:
        """From now on it is refused."""
        return Key.from_json(self._transport.ask(Request(method="DELETE", path=path("v1/keys/{}", id))))
