"""A part of the API."""

from __future__ import annotations

from .transport import AsyncTransport


class AsyncPart:
    """Operations that share a transport."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
