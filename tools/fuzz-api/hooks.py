"""What schemathesis can't be told by its configuration."""

import hashlib
import hmac
import os
import re
import time

import schemathesis

SECRET = os.environ["WATERFLOW_FUZZ_WEBHOOK_SECRET"].encode()
OWN_KEY = os.environ["WATERFLOW_FUZZ_OWN_KEY"]
AGENT_KEY = os.environ["WATERFLOW_FUZZ_AGENT_KEY"]


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """A body of lines is a text, which the document says."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@schemathesis.hook
def before_call(context, case, kwargs):
    follow_events(case)
    wait_shortly(case)
    if case.operation.definition.raw.get("operationId") == "deliverToWebhook":
        kwargs["auth"] = sign
    if case.operation.path.startswith("/v1/agent/"):
        kwargs["auth"] = as_agent


def follow_events(case):
    """Follows runs by event streams only, of which schemathesis reads a part: lines of a run that waits would never end."""
    query = case.query
    if isinstance(query, dict) and str(query.get("follow")).lower() == "true" and query.get("format") != "sse":
        query["format"] = "sse"


def wait_shortly(case):
    """Waits a moment where it would wait for longer than a request may take: a run that waits for a person doesn't change."""
    query = case.query
    if isinstance(query, dict) and re.fullmatch(r"(\d+(\.\d+)?(ms|s|m))+", str(query.get("wait", ""))):
        query["wait"] = "100ms"


def as_agent(request):
    """Sends an agent's key instead of the admin's, for what only agents may. Without a key, and with others, it stays as it is."""
    for name, value in list(request.headers.items()):
        if OWN_KEY and OWN_KEY in str(value):
            request.headers[name] = str(value).replace(OWN_KEY, AGENT_KEY)
    return request


def sign(request):
    """Signs most deliveries, once their bytes are known: others are refused before they are read."""
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    digest = hashlib.sha256(body).digest()
    if isinstance(body, bytes) and digest[0] >= 64:
        at = str(int(time.time()))
        signature = hmac.new(SECRET, at.encode() + b"." + body, hashlib.sha256).hexdigest()
        request.headers["X-Waterflow-Signature"] = f"t={at},v1={signature}"
    return request
