"""The whole API of a server, as an application uses it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType

import httpx

from .catalogue import AsyncCatalogue
from .keys import AsyncKeys
from .runs import AsyncRuns
from .schedules import AsyncSchedules
from .transport import AsyncTransport
from .webhooks import AsyncWebhooks

if sys.version_info >= (3, 11):
    from typing import Self
else:
    from typing_extensions import Self


class AsyncWaterflow(AsyncRuns, AsyncCatalogue):
    """An asynchronous client of a server. Use it in a `with` statement, or `close` it.

    `url`: where the server is, such as `https://waterflow.example.com`. `api_key`: a key or a token; a function where it changes. No error
    and no output shows it. `timeout`: for how many seconds the server may be silent. `retry_for`: for how many seconds a call is tried
    again that gets no answer, or one that says to come again. `allow_http`: http to other machines, which shows key and secrets to whoever
    is on the way. `http`: a client of yours, for authorities, proxies and limits; it is not closed.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | Callable[[], str] | None = None,
        timeout: float = 60.0,
        retry_for: float = 30.0,
        allow_http: bool = False,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        transport = AsyncTransport(
            url, api_key=api_key, timeout=timeout, retry_for=retry_for, allow_http=allow_http, http=http
        )
        super().__init__(transport)
        self.schedules = AsyncSchedules(transport)
        self.webhooks = AsyncWebhooks(transport)
        self.keys = AsyncKeys(transport)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.url!r})"

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
