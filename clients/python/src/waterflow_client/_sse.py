"""Server-sent events (HTML Living Standard, 9.2), out of the bytes of a stream as they come."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")
_LONGEST_LINE = 16 * 1024 * 1024
"""In characters. A server that sends longer lines is none of ours."""


@dataclass(frozen=True)
class Event:
    """An event of a stream."""

    name: str
    """`message` where the stream names none."""
    data: str
    id: str | None
    """The last id that the stream has given so far: what to go on after."""


class LineTooLong(Exception):
    """A line is longer than any of ours."""


class EventParser:
    """Takes bytes and gives the events that are whole by them. One that the stream's end cuts off is none."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._begun: list[str] = []
        """The pieces of the line that has begun."""
        self._length = 0
        self._name = ""
        self._data: list[str] = []
        self._id: str | None = None

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that end in `chunk`."""
        # A CR at the end may be half of a line end.
        text = self._held + self._decoder.decode(chunk)
        self._held = "\r" if text.endswith("\r") else ""
        *lines, rest = _LINE_END.split(text.removesuffix(self._held))
        if lines:
            # What came before was looked through then: a long line comes in many pieces.
            lines[0] = "".join([*self._begun, lines[0]])
            self._begun, self._length = [], 0
        self._begun.append(rest)
        self._length += len(rest)
        if self._length > _LONGEST_LINE:
            raise LineTooLong
        for line in lines:
            event = self._take(line)
            if event is not None:
                yield event

    def _take(self, line: str) -> Event | None:
        if line == "":
            event = Event(self._name or "message", "\n".join(self._data), self._id) if self._data else None
            self._name, self._data = "", []
            return event
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        elif field == "id" and "\0" not in value:
            self._id = value
        return None
