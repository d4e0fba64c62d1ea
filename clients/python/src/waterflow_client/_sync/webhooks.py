# Made from _async/webhooks.py by `npm run generate`. Change that, not this file.
"""What starts runs by signed requests."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from .._request import Request, Text, nothing, path, signature, unique_key, wire, workflow_body
from ..models import (
    AcceptedDelivery,
    ListWebhooksQuery,
    SkippedDelivery,
    Webhook,
    WebhookChanges,
    WebhookOptions,
    WebhookWithSecret,
)
from .pages import Pages
from .part import Part

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class Webhooks(Part):
    """Webhooks."""

    def list(self, **query: Unpack[ListWebhooksQuery]) -> Pages[Webhook]:
        """All of them."""
        return Pages(
            self._transport, path="v1/webhooks", items="webhooks", read=Webhook.from_json, query=wire(query)
        )

    def get(self, id: str) -> Webhook:
        """Without its secret."""
        return self._transport.ask(Request(path=path("v1/webhooks/{}", id)), read=Webhook.from_json)

    def create(
        self,
        workflow: Text,
        *,
        files: Mapping[str, Text] | None = None,
        file: str | None = None,
        idempotency_key: str | None = None,
        **webhook: Unpack[WebhookOptions],
    ) -> WebhookWithSecret:
        """`secret` of the answer is in it this one time. `workflow`, `files`: texts, or paths."""
        body = {**workflow_body(workflow, files, file), **wire(webhook)}
        unique = idempotency_key or unique_key()
        request = Request(method="POST", path="v1/webhooks", body=body, idempotency_key=unique)
        return self._transport.ask(request, read=WebhookWithSecret.from_json)

    def change(self, id: str, **changes: Unpack[WebhookChanges]) -> WebhookWithSecret:
        """What is to be different. With `rotate_secret` the answer has the new `secret`."""
        request = Request(method="PATCH", path=path("v1/webhooks/{}", id), body=wire(changes))
        return self._transport.ask(request, read=WebhookWithSecret.from_json)

    def remove(self, id: str) -> None:
        """Its runs stay."""
        self._transport.ask(Request(method="DELETE", path=path("v1/webhooks/{}", id)), read=nothing)

    def deliver(
        self, id: str, body: bytes, *, secret: str, content_type: str = "application/json"
    ) -> AcceptedDelivery | SkippedDelivery:
        """Signs `body` with the webhook's secret and delivers it. The same delivery counts once."""
        headers = {"content-type": content_type, "x-waterflow-signature": signature(secret, body)}
        request = Request(
            method="POST", path=path("v1/webhooks/{}/deliveries", id), content=body, headers=headers, repeats=True
        )
        return self._transport.ask(request, read=_delivery)


def _delivery(answer: Mapping[str, Any]) -> AcceptedDelivery | SkippedDelivery:
    return SkippedDelivery.from_json(answer) if "skipped" in answer else AcceptedDelivery.from_json(answer)
