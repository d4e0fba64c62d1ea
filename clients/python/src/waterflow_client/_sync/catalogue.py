# Made from _async/catalogue.py by `npm run generate`. Change that, not this file.
"""What a server has, and what it says about itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, TypeVar

from .._request import Request, list_of, path, wire
from ..models import Agent, Call, Caller, Json, ListCallsQuery, Node, Plugin, Queue
from .pages import Pages
from .part import Part

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack

Item = TypeVar("Item")


class Catalogue(Part):
    """Nodes, plugins, agents, queues, and the server itself."""

    def list_nodes(self) -> list[Node]:
        """What steps can use: plugins and control nodes."""
        return self._list("nodes", Node.from_json)

    def get_node(self, name: str) -> Node:
        """By its name, or as `uses:` names it."""
        return self._transport.ask(Request(path=path("v1/nodes/{}", name)), read=Node.from_json)

    def list_capabilities(self) -> dict[str, dict[str, Json]]:
        """What `permissions` may narrow: by the name of each capability, the JSON Schema of one entry of it."""
        read: Callable[[Mapping[str, Any]], dict[str, dict[str, Json]]] = itemgetter("capabilities")
        return self._transport.ask(Request(path="v1/capabilities"), read=read)

    def list_plugins(self) -> list[Plugin]:
        """The nodes that are plugins."""
        return self._list("plugins", Plugin.from_json)

    def list_agents(self) -> list[Agent]:
        """The machines on which steps run."""
        return self._list("agents", Agent.from_json)

    def list_queues(self) -> list[Queue]:
        """What waits for whom."""
        return self._list("queues", Queue.from_json)

    def list_calls(self, **query: Unpack[ListCallsQuery]) -> Pages[Call]:
        """The record of API calls, newest first: for admins."""
        return Pages(self._transport, path="v1/calls", items="calls", read=Call.from_json, query=wire(query))

    def caller(self) -> Caller:
        """Who this client is to the server: its key's name, role and tenant."""
        return self._transport.ask(Request(path="v1/caller"), read=Caller.from_json)

    def health(self) -> None:
        """Raises where the server does not run."""
        self._transport.ask(Request(path="healthz"), read=dict)

    def readiness(self) -> dict[str, Json]:
        """Whether the server takes requests (`status`), and what keeps it from that (`missing`)."""
        return self._transport.ask(Request(path="readyz", accepts=503), read=dict)

    def metrics(self) -> str:
        """In the text format of Prometheus."""
        return self._transport.text(Request(path="metrics", headers={"accept": "text/plain"}))

    def openapi_document(self) -> dict[str, Json]:
        """The API as an OpenAPI document."""
        return self._transport.ask(Request(path="openapi.json"), read=dict)

    def _list(self, name: str, read: Callable[[Mapping[str, Any]], Item]) -> list[Item]:
        return self._transport.ask(Request(path=f"v1/{name}"), read=list_of(name, read))
