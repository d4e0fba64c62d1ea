"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Generic

from .._pages import Item, Page
from .._request import Request
from .transport import AsyncTransport


class AsyncPages(Generic[Item]):
    """A list: to go through it asks for a page when it is needed."""

    def __init__(
        self,
        transport: AsyncTransport,
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

    async def __aiter__(self) -> AsyncIterator[Item]:
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[Page[Item]]:
        """A page at a time."""
        cursor = self._query.get("cursor")
        while True:
            query = {**self._query, "cursor": cursor}
            page = await self._transport.ask(Request(path=self._path, query=query), read=self._page)
            yield page
            if page.next_cursor is None or page.next_cursor == cursor:
                return
            cursor = page.next_cursor

    def _page(self, answer: Mapping[str, Any]) -> Page[Item]:
        return Page([self._read(each) for each in answer[self._items]], answer.get("next_cursor"))
