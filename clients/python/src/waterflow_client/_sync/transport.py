# Made from _async/transport.py by `npm run generate`. Change that, not this file.
"""Talks to one server, and to nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Callable
from contextlib import contextmanager
from typing import Any


import httpx

from .._errors import ApiError, NoAnswerError, TimedOutError, WaterflowError
from .._request import Answer, Request, closed, not_waterflow, read_json, refusal, server_url, unanswered, wait_before
from .connections import client


class Transport:
    """Sends requests, and sends them again where that does no harm."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str | Callable[[], str] | None,
        timeout: float,
        retry_for: float,
        allow_http: bool,
        http: httpx.Client | None,
    ) -> None:
        self.url = server_url(url, allow_http=allow_http)
        self._key = _key_source(api_key)
        self.timeout = timeout
        """Of an attempt, in seconds."""
        self._retry_for = retry_for
        self._owns_http = http is None
        self._http = client(self.url) if http is None else http

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def close(self) -> None:
        """Closes the connections, where they are the transport's own."""
        if self._owns_http:
            self._http.close()

    def ask(
        self,
        request: Request,
        *,
        read: Callable[[Any], Answer],
        timeout: float | None = None,
        retry_for: float | None = None,
    ) -> Answer:
        """What `read` makes of the JSON of a success; it gets None where that is empty."""
        text = self.text(request, timeout=timeout, retry_for=retry_for)
        return read_json(text, read, self.url)

    def text(self, request: Request, *, timeout: float | None = None, retry_for: float | None = None) -> str:
        """The text of a success."""
        until = time.monotonic() + (self._retry_for if retry_for is None else retry_for)
        was_unanswered = False
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._once(request, self.timeout if timeout is None else timeout)
            except WaterflowError as error:
                # An answer that was lost said that it is gone.
                if was_unanswered and request.method == "DELETE" and _status(error) == 404:
                    return ""
                was_unanswered = was_unanswered or isinstance(error, (NoAnswerError, TimedOutError))
                wait = wait_before(attempt, request, error)
                if wait is None or time.monotonic() + wait > until:
                    raise
            time.sleep(wait)

    def _once(self, request: Request, timeout: float) -> str:
        failure: WaterflowError
        try:
            response = self._http.send(self._built(request, timeout), follow_redirects=False)
        except httpx.RequestError as error:
            failure = unanswered(error, self.url, timeout)
        else:
            if response.is_success or response.status_code == request.accepts:
                return response.text
            failure = refusal(response, self.url)
        # Not in the handler: what it caught holds the request.
        raise failure

    @contextmanager
    def stream(self, request: Request, *, silence: float) -> Iterator[Iterator[bytes]]:
        """The bytes of a success as they come. Raises where it does not begin, breaks off, or is still for `silence` seconds."""
        failure: WaterflowError
        try:
            response = self._http.send(self._built(request, silence), stream=True, follow_redirects=False)
            try:
                if response.is_success:
                    if not response.headers.get("content-type", "").startswith("text/event-stream"):
                        raise not_waterflow(self.url)
                    yield response.iter_bytes()
                    return
                response.read()
                failure = refusal(response, self.url)
            finally:
                response.close()
        except httpx.RequestError as error:
            failure = unanswered(error, self.url, silence)
        raise failure

    def _built(self, request: Request, timeout: float) -> httpx.Request:
        if self._http.is_closed:
            raise closed()
        return self._http.build_request(
            request.method,
            self.url + request.path,
            params=request.parameters() or None,
            headers=request.all_headers(None if self._key is None else self._key()),
            content=request.bytes(),
            timeout=timeout,
        )


def _key_source(api_key: str | Callable[[], str] | None) -> Callable[[], str] | None:
    # A closure: nothing that can be printed has the key.
    return (lambda: api_key) if isinstance(api_key, str) else api_key


def _status(error: WaterflowError) -> int | None:
    return error.status if isinstance(error, ApiError) else None
