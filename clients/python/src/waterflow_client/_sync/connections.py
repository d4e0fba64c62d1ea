# Made from _async/connections.py by `npm run generate`. Change that, not this file.
"""Connections to a server that are found in the same time however many there are."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import httpx

_LIMIT = 80
"""So many connections have a pool of their own; what is more shares one."""

_SHARED_LIMIT = 20
"""With those: as many as httpx has by default."""

_KEPT = 20
"""Of connections that nothing uses, as httpx has it."""


def client(url: str) -> httpx.Client:
    """A client of httpx for a server, as it is by default but for how it finds a connection."""
    # The way through a proxy that the environment names is httpx's own, which it leaves to whoever brings a transport. By https a proxy
    # passes on what it can't read; by http it would read the key.
    is_by_proxy = url.startswith("https:") and len(urllib.request.getproxies()) > 0
    return httpx.Client() if is_by_proxy else httpx.Client(transport=Connections())


class Connections(httpx.BaseTransport):
    """A pool for each connection, and of those a stack.

    httpcore (1.0.9) looks at every connection of a pool, each against every other, whenever a request begins or ends: of 20 at once, that
    takes longer than everything else together.
    """

    def __init__(self) -> None:
        self._tls = httpx.create_ssl_context()
        # Threads share these two without a lock: to take the last of a list, or to add to it, is one operation.
        self._unused: list[None] = [None] * _LIMIT
        self._idle: list[httpx.HTTPTransport] = []
        self._shared = self._pool(_SHARED_LIMIT)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, whose connection is free again when it is closed."""
        own = self._take()
        if own is None:
            return self._shared.handle_request(request)
        try:
            response = own.handle_request(request)
        except BaseException:
            self._give_back(own)
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Stream(response.stream, own, self),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Closes those that are idle: an answer that is still open has its own."""
        while self._idle:
            self._idle.pop().close()
        self._shared.close()

    def _take(self) -> httpx.HTTPTransport | None:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            self._unused.pop()
        except IndexError:
            return None
        return self._pool(1)

    def _give_back(self, own: httpx.HTTPTransport) -> None:
        if len(self._idle) < _KEPT:
            self._idle.append(own)
            return
        self._unused.append(None)
        own.close()

    def _pool(self, connections: int) -> httpx.HTTPTransport:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=5.0)
        return httpx.HTTPTransport(verify=self._tls, limits=limits)


class _Stream(httpx.SyncByteStream):
    """The body of an answer."""

    def __init__(
        self, body: httpx.SyncByteStream, own: httpx.HTTPTransport, connections: Connections
    ) -> None:
        self._body = body
        self._own: httpx.HTTPTransport | None = own
        self._connections = connections

    def __iter__(self) -> Iterator[bytes]:
        for part in self._body:
            yield part

    def close(self) -> None:
        """Once: what has been given back may be another answer's."""
        own, self._own = self._own, None
        if own is None:
            return
        try:
            self._body.close()
        finally:
            self._connections._give_back(own)
