"""A shop whose orders are carried out by Waterflow.

    python3 shop.py place 7 --item tea --amount 250    # a run of order.yml; large orders wait for somebody
    python3 shop.py approve 7 --comment "in stock"     # with the key of somebody who may approve
    python3 shop.py follow 7                           # its log, to its end

WATERFLOW_SERVER_URL is the server, WATERFLOW_API_KEY the key.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from waterflow import Refused, Unreachable, Waterflow

HERE = Path(__file__).parent
# Which run each order is; a real shop has a column for it in its database.
ORDERS = Path("orders.json")


def place(client, arguments):
    """Submits the order, and waits until it is done or waits for somebody."""
    workflow = Path(arguments.workflow).read_text(encoding="utf-8")
    inputs = {"order": arguments.order, "item": arguments.item, "amount": arguments.amount}
    run = client.submit(
        workflow,
        inputs=inputs,
        labels={"order": str(arguments.order)},
        # The order's number: however often a customer presses the button, there is one run.
        idempotency_key=f"order-{arguments.order}",
    )["id"]
    remember(arguments.order, run)
    print(f"order {arguments.order} is run {run}")
    while True:
        state = client.run(run)
        if state["awaits"]:
            print(f"it waits for somebody: {state['awaits'][0]['message']}")
            return 0
        if "ended_at" in state:
            print(f"it is done: {state['status']}")
            return 0 if state["status"] == "success" else 1
        time.sleep(0.5)


def approve(client, arguments):
    decision = "reject" if arguments.reject else "approve"
    client.decide(run_of(arguments.order), decision, arguments.comment)
    print("rejected" if arguments.reject else "approved")
    return 0


def follow(client, arguments):
    for event, data in client.logs(run_of(arguments.order)):
        if event == "line":
            print(f"{data['job']}: {data['text']}", flush=True)
        else:
            print(data["status"])
            return 0 if data["status"] == "success" else 1


def remember(order, run):
    orders = json.loads(ORDERS.read_text()) if ORDERS.exists() else {}
    ORDERS.write_text(json.dumps({**orders, str(order): run}))


def run_of(order):
    orders = json.loads(ORDERS.read_text()) if ORDERS.exists() else {}
    if str(order) not in orders:
        sys.exit(f"there is no order {order}")
    return orders[str(order)]


def explain(refused):
    """What is wrong, where, and what to do about it."""
    for error in refused.errors or [{"message": str(refused), "remedy": refused.remedy}]:
        place = f"line {error['line']}, column {error['column']}: " if "line" in error else ""
        print(f"{place}{error['message']}\n  {error['remedy']}", file=sys.stderr)


def parse():
    parser = argparse.ArgumentParser(description="A shop whose orders are carried out by Waterflow.")
    commands = parser.add_subparsers(required=True)
    order = argparse.ArgumentParser(add_help=False)
    order.add_argument("order", type=int)

    placing = commands.add_parser("place", parents=[order])
    placing.add_argument("--item", default="tea")
    placing.add_argument("--amount", type=float, default=10, help="in euros")
    placing.add_argument("--workflow", default=HERE / "order.yml")
    placing.set_defaults(act=place)

    approving = commands.add_parser("approve", parents=[order])
    approving.add_argument("--reject", action="store_true")
    approving.add_argument("--comment", default="")
    approving.set_defaults(act=approve)

    commands.add_parser("follow", parents=[order]).set_defaults(act=follow)
    return parser.parse_args()


def main():
    arguments = parse()
    url = os.environ.get("WATERFLOW_SERVER_URL", "http://127.0.0.1:8080")
    client = Waterflow(url, os.environ.get("WATERFLOW_API_KEY"))
    try:
        return arguments.act(client, arguments)
    except Refused as refused:
        explain(refused)
        return 2
    except Unreachable as unreachable:
        print(unreachable, file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
