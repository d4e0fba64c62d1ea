# Made from _async/part.py by `npm run generate`. Change that, not this file.
"""A part of the API."""

from __future__ import annotations

from .transport import Transport


class Part:
    """Operations that share a transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
