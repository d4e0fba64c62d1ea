"""Streams of server-sent events that go on over restarts of the server."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import anyio

from .._errors import ApiError, NoAnswerError, StreamFailure, TimedOutError, WaterflowError, stream_failure
from .._request import Answer, Request, not_waterflow, origin, read_json, reconnect_wait
from .._sse import EventParser, LineTooLong
from .transport import AsyncTransport

_SILENCE = 60.0
"""A stream without events has a comment every 15 seconds; one that has been still for so many is dead."""


async def follow(
    transport: AsyncTransport,
    *,
    path: str,
    query: Mapping[str, object],
    after: str | int | None,
    reconnect_for: float,
    read: Callable[[Any], Answer],
) -> AsyncIterator[Answer]:
    """What `read` makes of the data of a run's events, until its end: none left out and none twice."""
    last = None if after is None else str(after)
    attempts = 0
    lost_at: float | None = None
    while True:
        headers = {"accept": "text/event-stream"}
        if last is not None:
            headers["last-event-id"] = last
        failure: WaterflowError
        try:
            async with transport.stream(Request(path=path, query=query, headers=headers), silence=_SILENCE) as chunks:
                parser = EventParser()
                async for chunk in chunks:
                    # It is there, be it that nothing happens.
                    lost_at = None
                    for event in parser.feed(chunk):
                        attempts = 0
                        if event.name == "end":
                            return
                        if event.name == "failure":
                            raise read_json(event.data, stream_failure, transport.url)
                        if event.name == "message":
                            yield read_json(event.data, read, transport.url)
                        last = event.id if event.id is not None else last
        except LineTooLong:
            raise not_waterflow(transport.url) from None
        except WaterflowError as error:
            if not _is_passing(error):
                raise
            failure = error
        else:
            failure = NoAnswerError(f"the stream of {origin(transport.url)} ended before the run did")
        lost_at = time.monotonic() if lost_at is None else lost_at
        if time.monotonic() - lost_at > reconnect_for:
            raise failure
        await anyio.sleep(reconnect_wait(attempts, failure))
        attempts += 1


def _is_passing(error: WaterflowError) -> bool:
    if isinstance(error, StreamFailure):
        return False
    if isinstance(error, ApiError):
        return error.status in (429, 500, 502, 503, 504)
    return isinstance(error, (NoAnswerError, TimedOutError))
