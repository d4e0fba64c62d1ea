"""Connections to a server that are found in the same time however many there are."""

from __future__ import annotations

import urllib.request
from collections.abc import AsyncIterator

import httpx

_LIMIT = 80
"""So many connections have a pool of their own; what is more shares one."""

_SHARED_LIMIT = 20
"""With those: as many as httpx has by default."""

_KEPT = 20
"""Of connections that nothing uses, as httpx has it."""


def client(url: str) -> httpx.AsyncClient:
    """A client of httpx for a server, as it is by default but for how it finds a connection."""
    # The way through a proxy that the environment names is httpx's own, which it leaves to whoever brings a transport. By https a proxy
    # passes on what it can't read; by http it would read the key.
    is_by_proxy = url.startswith("https:") and len(urllib.request.getproxies()) > 0
    return httpx.AsyncClient() if is_by_proxy else httpx.AsyncClient(transport=AsyncConnections())


class AsyncConnections(httpx.AsyncBaseTransport):
    """A pool for each connection, and of those a stack.

    httpcore (1.0.9) looks at every connection of a pool, each against every other, whenever a request begins or ends: of 20 at once, that
    takes longer than everything else together.
    """

    def __init__(self) -> None:
        self._tls = httpx.create_ssl_context()
        # Threads share these two without a lock: to take the last of a list, or to add to it, is one operation.
        self._unused: list[None] = [None] * _LIMIT
        self._idle: list[httpx.AsyncHTTPTransport] = []
        self._shared = self._pool(_SHARED_LIMIT)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, whose connection is free again when it is closed."""
        own = self._take()
        if own is None:
            return await self._shared.handle_async_request(request)
        try:
            response = await own.handle_async_request(request)
        except BaseException:
            await self._give_back(own)
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_AsyncStream(response.stream, own, self),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Closes those that are idle: an answer that is still open has its own."""
        while self._idle:
            await self._idle.pop().aclose()
        await self._shared.aclose()

    def _take(self) -> httpx.AsyncHTTPTransport | None:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            self._unused.pop()
        except IndexError:
            return None
        return self._pool(1)

    async def _give_back(self, own: httpx.AsyncHTTPTransport) -> None:
        if len(self._idle) < _KEPT:
            self._idle.append(own)
            return
        self._unused.append(None)
        await own.aclose()

    def _pool(self, connections: int) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=5.0)
        return httpx.AsyncHTTPTransport(verify=self._tls, limits=limits)


class _AsyncStream(httpx.AsyncByteStream):
    """The body of an answer."""

    def __init__(
        self, body: httpx.AsyncByteStream, own: httpx.AsyncHTTPTransport, connections: AsyncConnections
    ) -> None:
        self._body = body
        self._own: httpx.AsyncHTTPTransport | None = own
        self._connections = connections

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._body:
            yield part

    async def aclose(self) -> None:
        """Once: what has been given back may be another answer's."""
        own, self._own = self._own, None
        if own is None:
            return
        try:
            await self._body.aclose()
        finally:
            await self._connections._give_back(own)
