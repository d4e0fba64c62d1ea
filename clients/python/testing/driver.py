"""Carries out what the scenarios want with the client in Python: `driver.py sync` or `driver.py async`.

Messages come on stdin, a JSON object a line, and what becomes of them goes to stdout.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import json
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from waterflow_client import AsyncPages, AsyncWaterflow, Pages, Waterflow, WaterflowError

Values = dict[str, Any]
_lock = threading.Lock()


def tell(told: Mapping[str, Any]) -> None:
    with _lock:
        print(json.dumps(told), flush=True)


def main() -> None:
    setup = json.loads(sys.stdin.readline())
    if sys.argv[1] == "sync":
        serve_sync(setup)
    else:
        asyncio.run(serve_async(setup))


def serve_sync(setup: Values) -> None:
    clients: dict[str, Waterflow] = {}
    for line in sys.stdin:
        message = json.loads(line)
        if "cancel" in message:
            raise SystemExit("a call of the synchronous client is not ended from elsewhere")
        key = message["as"]
        client = clients.setdefault(key, Waterflow(setup["url"], api_key=key_of(setup, key)))
        threading.Thread(target=carry_out, args=(client, message), daemon=True).start()


def key_of(setup: Values, name: str) -> str | None:
    """A scenario may have made a key of its own."""
    found: str | None = setup["keys"].get(name, name if name.startswith("wf_") else None)
    return found


def carry_out(client: Waterflow, message: Values) -> None:
    number = message["id"]
    try:
        result = begun(client, message)
        if isinstance(result, Pages) or inspect.isgenerator(result):
            for item in result:
                tell({"id": number, "item": plain(item)})
            result = None
        tell({"id": number, "result": plain(result)})
    except Exception as error:
        tell({"id": number, "error": told_error(error)})


async def serve_async(setup: Values) -> None:
    clients: dict[str, AsyncWaterflow] = {}
    tasks: dict[int, asyncio.Task[None]] = {}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        message = json.loads(line)
        if "cancel" in message:
            tasks[message["id"]].cancel()
            continue
        key = message["as"]
        client = clients.setdefault(key, AsyncWaterflow(setup["url"], api_key=key_of(setup, key)))
        tasks[message["id"]] = asyncio.create_task(carry_out_async(client, message))


async def carry_out_async(client: AsyncWaterflow, message: Values) -> None:
    number = message["id"]
    try:
        result = begun(client, message)
        if isinstance(result, AsyncPages) or inspect.isasyncgen(result):
            async for item in result:
                tell({"id": number, "item": plain(item)})
            result = None
        elif inspect.isawaitable(result):
            result = await result
        tell({"id": number, "result": plain(result)})
    except (Exception, asyncio.CancelledError) as error:
        tell({"id": number, "error": told_error(error)})


def begun(client: Waterflow | AsyncWaterflow, message: Values) -> Any:
    call, arguments = message["call"], dict(message["args"])
    if call == "shown":
        return f"{client!r} {client} {vars(client)}"
    if call == "webhooks.deliver":
        arguments["body"] = arguments["body"].encode()
    if "until" in arguments:
        arguments["until"] = lambda run: bool(run.awaits)
    if call == "open_api_document":
        call = "openapi_document"
    owner: Any = client
    for part in call.split("."):
        owner = getattr(owner, part)
    operation: Callable[..., Any] = owner
    return operation(**{f"{name}_" if name in ("from", "while") else name: each for name, each in arguments.items()})


def plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        return {name.removesuffix("_"): plain(each) for name, each in fields.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value


def told_error(error: BaseException) -> Values:
    if not isinstance(error, WaterflowError):
        return {"type": "other", "message": f"had enough: {error!r}"}
    return {"type": type(error).__name__, "message": str(error), "shown": repr(error), **plain(vars(error))}


if __name__ == "__main__":
    main()
