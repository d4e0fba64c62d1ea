"""What a server has, and what it says about itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, TypeVar

from .._request import Request, list_of, path, wire
from ..models import Agent, Call, Caller, Json, ListCallsQuery, Node, Plugin, Queue
from .pages import AsyncPages
from .part import AsyncPart

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack

Item = TypeVar("Item")


class AsyncCatalogue(AsyncPart):
    """Nodes, plugins, agents, queues, and the server itself."""

    async def list_nodes(self) -> list[Node]:
        """What steps can use: plugins and control nodes."""
        return await self._list("nodes", Node.from_json)

    async def get_node(self, name: str) -> Node:
        """By its name, or as `uses:` names it."""
        return await self._transport.ask(Request(path=path("v1/nodes/{}", name)), read=Node.from_json)

    async def list_capabilities(self) -> dict[str, dict[str, Json]]:
        """What `permissions` may narrow: by the name of each capability, the JSON Schema of one entry of it."""
        read: Callable[[Mapping[str, Any]], dict[str, dict[str, Json]]] = itemgetter("capabilities")
        return await self._transport.ask(Request(path="v1/capabilities"), read=read)

    async def list_plugins(self) -> list[Plugin]:
        """The nodes that are plugins."""
        return await self._list("plugins", Plugin.from_json)

    async def list_agents(self) -> list[Agent]:
        """The machines on which steps run."""
        return await self._list("agents", Agent.from_json)

    async def list_queues(self) -> list[Queue]:
        """What waits for whom."""
        return await self._list("queues", Queue.from_json)

    def list_calls(self, **query: Unpack[ListCallsQuery]) -> AsyncPages[Call]:
        """The record of API calls, newest first: for admins."""
        return AsyncPages(self._transport, path="v1/calls", items="calls", read=Call.from_json, query=wire(query))

    async def caller(self) -> Caller:
        """Who this client is to the server: its key's name, role and tenant."""
        return await self._transport.ask(Request(path="v1/caller"), read=Caller.from_json)

    async def health(self) -> None:
        """Raises where the server does not run."""
        await self._transport.ask(Request(path="healthz"), read=dict)

    async def readiness(self) -> dict[str, Json]:
        """Whether the server takes requests (`status`), and what keeps it from that (`missing`)."""
        return await self._transport.ask(Request(path="readyz", accepts=503), read=dict)

    async def metrics(self) -> str:
        """In the text format of Prometheus."""
        return await self._transport.text(Request(path="metrics", headers={"accept": "text/plain"}))

    async def openapi_document(self) -> dict[str, Json]:
        """The API as an OpenAPI document."""
        return await self._transport.ask(Request(path="openapi.json"), read=dict)

    async def _list(self, name: str, read: Callable[[Mapping[str, Any]], Item]) -> list[Item]:
        return await self._transport.ask(Request(path=f"v1/{name}"), read=list_of(name, read))
