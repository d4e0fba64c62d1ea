"""Three tasks, each a script, as a Prefect flow: registers it, serves it, or runs it in this process so many times."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from prefect import flow, task


@task
def say(word: str) -> None:
    subprocess.run(["bash", "-c", f"echo {word}"], check=True, stdout=subprocess.DEVNULL)


@flow
def three_steps() -> None:
    for word in ("one", "two", "three"):
        say(word)


async def register() -> str:
    here = Path(__file__)
    stored = await flow.from_source(source=str(here.parent), entrypoint=f"{here.name}:three_steps")
    deployment = await stored.to_deployment(name="submitted")
    return str(await deployment.apply())


def durations(count: int) -> list[float]:
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        three_steps()
        taken.append((time.perf_counter() - start) * 1000)
    return taken


if __name__ == "__main__":
    if sys.argv[1] == "register":
        print(asyncio.run(register()))
    elif sys.argv[1] == "serve":
        three_steps.serve(name="served")
    else:
        print(json.dumps(durations(int(sys.argv[2]))))
