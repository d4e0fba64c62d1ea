# Made from _async/client.py by `npm run generate`. Change that, not this file.
"""The whole API of a server, as an application uses it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType

import httpx

from .catalogue import Catalogue
from .keys import Keys
from .runs import Runs
from .schedules import Schedules
from .transport import Transport
from .webhooks import Webhooks

if sys.version_info >= (3, 11):
    from typing import Self
else:
    from typing_extensions import Self


class Waterflow(Runs, Catalogue):
    """A synchronous client of a server. Use it in a `with` statement, or `close` it.

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
        http: httpx.Client | None = None,
    ) -> None:
        transport = Transport(
            url, api_key=api_key, timeout=timeout, retry_for=retry_for, allow_http=allow_http, http=http
        )
        super().__init__(transport)
        self.schedules = Schedules(transport)
        self.webhooks = Webhooks(transport)
        self.keys = Keys(transport)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.url!r})"

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
