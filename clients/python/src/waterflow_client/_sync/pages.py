# Made from _async/pages.py by `npm run generate`. Change that, not this file.
"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import Iterator, Callable, Mapping
from typing import Any, Generic

from .._pages import Item, Page
from .._request import Request
from .transport import Transport


class Pages(Generic[Item]):
    """A list: to go through it asks for a page when it is needed."""

    def __init__(
        self,
        transport: Transport,
        *,
        path: str,
        items: str,
        read: Callable[[Mapping[str, Any]], Item],
        query: Mapping[str, object],
    ) -> None:
        self._transport = transport
        self._path = path
        self._items = items
        self._read = read
        self._query = query

    def __iter__(self) -> Iterator[Item]:
        for page in self.pages():
            for item in page.items:
                yield item

    def pages(self) -> Iterator[Page[Item]]:
        """A page at a time."""
        cursor = self._query.get("cursor")
        while True:
            query = {**self._query, "cursor": cursor}
            page = self._transport.ask(Request(path=self._path, query=query), read=self._page)
            yield page
            if page.next_cursor is None or page.next_cursor == cursor:
                return
            cursor = page.next_cursor

    def _page(self, answer: Mapping[str, Any]) -> Page[Item]:
        return Page([self._read(each) for each in answer[self._items]], answer.get("next_cursor"))
