"""Prefect's part: a request a line as JSON, its time in milliseconds or its failure back; with `once` one run of one script."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from prefect import flow, task


@task
def script(command: str) -> None:
    subprocess.run(["sh", "-c", command], check=True, stdout=subprocess.DEVNULL)


@task
def nothing() -> None:
    pass


@task(log_prints=True)
def logged(command: str) -> None:
    with subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            print(line, end="")


@flow
def in_a_row(count: int, command: str) -> None:
    for _ in range(count):
        if command:
            script(command)
        else:
            nothing()


@flow
def at_once(count: int, command: str) -> None:
    script.map([command] * count).result()


@flow
def with_log(command: str) -> None:
    logged(command)


async def register() -> str:
    here = Path(__file__)
    stored = await flow.from_source(source=str(here.parent), entrypoint=f"{here.name}:in_a_row")
    deployment = await stored.to_deployment(name="submitted", parameters={"count": 1, "command": "echo one"})
    return str(await deployment.apply())


def carry_out(request) -> None:
    count, command = request["count"], request.get("command", "")
    if request.get("logged"):
        with_log(command)
    elif request["at_once"]:
        at_once(count, command)
    else:
        in_a_row(count, command)


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        start = time.perf_counter()
        try:
            carry_out(request)
            answer = {"ms": (time.perf_counter() - start) * 1000}
        except Exception as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["once"]:
        in_a_row(1, "echo one")
    elif sys.argv[1:] == ["register"]:
        print(asyncio.run(register()))
    else:
        main()
