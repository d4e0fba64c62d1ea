"""Submits so many runs with the client in Python, some at a time, and prints what each took, in ms, as JSON."""

import asyncio
import json
import os
import sys
import threading
import time

from waterflow_client import AsyncWaterflow, Waterflow

KIND, URL, COUNT, AT_ONCE, WORKFLOW = sys.argv[1:]
latencies: list[float] = []


def submit_in_turn(client: Waterflow, share: int) -> None:
    for _ in range(share):
        begun = time.perf_counter()
        client.submit(WORKFLOW)
        latencies.append((time.perf_counter() - begun) * 1000)


async def submit_in_turn_async(client: AsyncWaterflow, share: int) -> None:
    for _ in range(share):
        begun = time.perf_counter()
        await client.submit(WORKFLOW)
        latencies.append((time.perf_counter() - begun) * 1000)


async def gather(shares: list[int]) -> None:
    async with AsyncWaterflow(URL, api_key=os.environ["WATERFLOW_API_KEY"]) as client:
        await asyncio.gather(*(submit_in_turn_async(client, share) for share in shares))


def spread(shares: list[int]) -> None:
    with Waterflow(URL, api_key=os.environ["WATERFLOW_API_KEY"]) as client:
        threads = [threading.Thread(target=submit_in_turn, args=(client, share)) for share in shares]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


begun = time.perf_counter()
shares = [int(COUNT) // int(AT_ONCE)] * int(AT_ONCE)
spread(shares) if KIND == "sync" else asyncio.run(gather(shares))
print(json.dumps({"seconds": time.perf_counter() - begun, "latencies": latencies}))
