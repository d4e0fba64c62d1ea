"""Requests of the API, and when they are sent again: everything that needs no network."""

from __future__ import annotations

import email.utils
import hashlib
import hmac
import ipaddress
import json
import keyword
import os
import random
import secrets
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from ._errors import ApiError, NoAnswerError, TimedOutError, WaterflowError, api_error

Answer = TypeVar("Answer")

_WAITS = (0.25, 0.5, 1.0, 2.0)
"""Before the second attempt and after it, in seconds: a server may need some to start."""

_RECONNECT_WAITS = (0.1, 0.25, 0.5, 1.0, 2.0, 2.0, 2.0, 5.0)

Text = str | os.PathLike[str]
"""A workflow: its text, or the path of its file."""

Parameter = str | int | float | bool | None
"""What httpx has in a query; here always a text."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request of the API."""

    method: str = "GET"
    path: str
    """Relative to the server, made by `path`."""
    query: Mapping[str, object] = field(default_factory=dict)
    body: Mapping[str, object] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    idempotency_key: str | None = None
    """It counts once, and is sent again where no answer came."""
    repeats: bool = False
    accepts: int | None = None
    """A status that is an answer, too."""

    @property
    def may_repeat(self) -> bool:
        return self.repeats or self.method in ("GET", "DELETE") or self.idempotency_key is not None

    def parameters(self) -> list[tuple[str, Parameter]]:
        pairs: list[tuple[str, Parameter]] = []
        for name, value in self.query.items():
            if isinstance(value, (list, tuple)):
                pairs.extend((name, str(each)) for each in value)
            elif value is not None:
                pairs.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
        return pairs

    def all_headers(self, api_key: str | None) -> dict[str, str]:
        headers = {"accept": "application/json"}
        if api_key is not None:
            headers["authorization"] = f"Bearer {_header_text(api_key.strip(), 'the API key')}"
        if self.body is not None:
            headers["content-type"] = "application/json"
        if self.idempotency_key is not None:
            headers["idempotency-key"] = _header_text(self.idempotency_key, "the idempotency key")
        return {**headers, **self.headers}

    def bytes(self) -> bytes | None:
        if self.body is None:
            return self.content
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


def path(template: str, *parts: str) -> str:
    """A path of the API, of which the parts in the holes may hold anything."""
    return template.format(*(_encoded(part) for part in parts))


def _encoded(part: str) -> str:
    # `.` and `..` would be taken out of a URL, with what stands before them.
    return part.replace(".", "%252E") if part in (".", "..") else urllib.parse.quote(part, safe="")


def wire(values: Mapping[str, object]) -> dict[str, object]:
    """As JSON has the names: without the underscore behind words of Python, and without what is None."""
    return {_name(name): value for name, value in values.items() if value is not None}


def _name(name: str) -> str:
    bare = name.removesuffix("_")
    return bare if keyword.iskeyword(bare) else name


def workflow_body(workflow: Text, files: Mapping[str, Text] | None, file: str | None) -> dict[str, object]:
    """What a workflow is sent as, with those that it calls."""
    name = file if file is not None or isinstance(workflow, str) else Path(workflow).name
    called = None if files is None else {name: _text(text) for name, text in files.items()}
    return wire({"workflow": _text(workflow), "file": name, "files": called})


def _text(text: Text) -> str:
    return text if isinstance(text, str) else Path(text).read_text(encoding="utf-8")


def _header_text(text: str, what: str) -> str:
    """As a header can hold it. What is refused is not quoted: it may be a key, whole."""
    if text and all("!" <= each <= "~" for each in text):
        return text
    problem = "is empty" if not text else "holds what no key does: white space, or characters that are not of ASCII"
    raise _usage(f"{what} {problem}", "Give it as it was made, and nothing else.")


def unique_key() -> str:
    """An idempotency key that nobody else makes."""
    return secrets.token_hex(16)


def signature(secret: str, body: bytes) -> str:
    """What a delivery to a webhook is signed with."""
    seconds = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def server_url(url: str, *, allow_http: bool) -> str:
    """Ending with a slash: https, or http to this machine only, so that nobody on the way reads keys and secrets."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        parts = urllib.parse.urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _usage("the server's URL is none of the web", "Write it as https://waterflow.example.com.")
    if parts.username is not None or parts.password is not None:
        raise _usage("the server's URL holds a user name or password", "Give the API key as `api_key`.")
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname):
        raise _usage(
            f"the server's URL is http: on the way to {parts.hostname}, everybody could read the key and the secrets",
            "Use https:, or say `allow_http=True` where the way there is protected otherwise.",
        )
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/", "", ""))


def read_json(text: str, read: Callable[[Any], Answer], url: str) -> Answer:
    """What `read` makes of JSON; None is what no text is. Raises where it is not what a Waterflow server says."""
    try:
        return read(json.loads(text) if text else None)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise not_waterflow(url) from None


def list_of(name: str, read: Callable[[Mapping[str, Any]], Answer]) -> Callable[[Mapping[str, Any]], list[Answer]]:
    """What reads the list under a name."""
    return lambda answer: [read(each) for each in answer[name]]


def nothing(_: object) -> None:
    """Reads what says nothing but that it was done."""


def not_waterflow(url: str) -> WaterflowError:
    """The error for an answer that is a success, and not one of Waterflow."""
    return WaterflowError(
        f"what {origin(url)} answered is no answer of Waterflow",
        code="NO_ANSWER",
        remedy="Check that the URL is that of a Waterflow server.",
    )


def origin(url: str) -> str:
    """Without the path."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _usage(message: str, remedy: str) -> WaterflowError:
    return WaterflowError(message, code="USAGE", remedy=remedy)


def closed() -> WaterflowError:
    """The error of a client that is used after it was closed."""
    return _usage("the client is closed", "Make a new one, or close it later.")


def unanswered(error: httpx.RequestError, url: str, timeout: float) -> WaterflowError:
    """What became of an attempt without an answer."""
    if isinstance(error, httpx.LocalProtocolError):
        # Its message quotes what can't be sent, which may be a key.
        return _usage("the request cannot be sent: HTTP has no such header", "Check the headers that you gave.")
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        return NoAnswerError(f"no answer of a Waterflow server at {origin(url)}: {error}", never_sent=True)
    if isinstance(error, httpx.TimeoutException):
        return TimedOutError(f"{origin(url)} took longer than {timeout:g} seconds to answer")
    return NoAnswerError(f"the answer of {origin(url)} broke off: {error}")


def refusal(response: httpx.Response, url: str) -> WaterflowError:
    """The error for an answer, which has been read, that is no success."""
    if response.is_redirect or 300 <= response.status_code < 400:
        return WaterflowError(
            f"{origin(url)} redirects elsewhere, which was not followed",
            code="REDIRECTED",
            remedy="Give the server's own URL. The key was sent to nobody else.",
        )
    retry_after = _retry_after(response.headers.get("retry-after"))
    return api_error(_problem(response, url), status=response.status_code, retry_after=retry_after)


def _problem(response: httpx.Response, url: str) -> Mapping[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if isinstance(problem, dict) and "code" in problem:
        return problem
    return {"detail": f"{origin(url)} answered with status {response.status_code}"}


def _retry_after(value: str | None) -> float | None:
    if value is None:
        return None
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def wait_before(attempt: int, request: Request, error: WaterflowError) -> float | None:
    """How long to wait before another attempt, in seconds; None where there is to be none."""
    if not _is_worth_another(request, error):
        return None
    step = _WAITS[min(attempt, len(_WAITS)) - 1]
    jitter = step / 2 * random.random()
    after = error.retry_after if isinstance(error, ApiError) else None
    return step / 2 + jitter if after is None else after + jitter


def _is_worth_another(request: Request, error: WaterflowError) -> bool:
    if isinstance(error, NoAnswerError):
        return request.may_repeat or error.never_sent
    if isinstance(error, TimedOutError):
        return request.may_repeat
    if not isinstance(error, ApiError):
        return False
    if error.status == 429:
        return True
    # Waterflow says so before it takes a request, which others may not.
    if error.status == 503:
        return request.may_repeat or error.code != "UNKNOWN"
    return request.may_repeat and error.status in (500, 502, 504)


def reconnect_wait(attempts: int, error: WaterflowError | None) -> float:
    """How long to wait before a stream is begun again, in seconds."""
    after = error.retry_after if isinstance(error, ApiError) else None
    return max(_RECONNECT_WAITS[min(attempts, len(_RECONNECT_WAITS) - 1)], after or 0.0)
