"""A client of Waterflow's REST API in Python's standard library: what a business application needs of it.

    client = Waterflow("http://127.0.0.1:8080", key)
    run = client.submit(text, inputs={"order": 7}, idempotency_key="order-7")
    for event, data in client.logs(run["id"]): ...
"""

import json
import time
import urllib.error
import urllib.request
from http.client import HTTPException

# How often a request is sent again that got no answer, or one that says to come again.
ATTEMPTS = 5
# A stream says at least every 15 seconds that it is there.
SILENCE_SECONDS = 60


class Refused(Exception):
    """The server's answer to a request that it doesn't carry out (RFC 9457). Decide by `status` and `code`; show the rest."""

    def __init__(self, problem):
        super().__init__(problem["detail"])
        self.status = problem["status"]
        self.code = problem["code"]
        self.remedy = problem["remedy"]
        # Each single thing that is wrong; those of a workflow file with `file`, `line` and `column`.
        self.errors = problem.get("errors", [])


class Unreachable(Exception):
    """No answer, however often it was asked for."""


class Waterflow:
    def __init__(self, url, key=None):
        self.url = url.rstrip("/")
        self.key = key

    def submit(self, workflow, *, inputs=None, labels=None, idempotency_key):
        """Begins a run of a workflow's text. With the same key there is one run, however often it is asked for in 24 hours."""
        body = {"workflow": workflow, "inputs": inputs or {}, "labels": labels or {}}
        return self._ask("POST", "/v1/workflows", body, {"Idempotency-Key": idempotency_key})

    def run(self, run):
        """The run with its jobs and steps, as it is now."""
        return self._ask("GET", f"/v1/workflows/{run}")

    def decide(self, run, decision, comment=""):
        """Approves ("approve") or rejects ("reject") what the run waits for."""
        # Not sent again where no answer came: somebody else may have decided meanwhile, and the answer is then 409.
        body = {"decision": decision, "comment": comment}
        return self._ask("POST", f"/v1/workflows/{run}/approvals", body, attempts=1)

    def logs(self, run):
        """The run's log as it is written: ("line", {...}) for each line, and at the end ("end", {"status": ...}).

        Where the connection breaks off it goes on behind the last line: none is left out, and none comes twice.
        """
        last = None
        failures = 0
        while failures < ATTEMPTS:
            wait = 1
            headers = {"Accept": "text/event-stream"}
            if last is not None:
                headers["Last-Event-ID"] = last
            try:
                with self._open("GET", f"/v1/workflows/{run}/logs", None, headers) as answer:
                    for event in _events(answer):
                        failures = 0
                        data = json.loads(event["data"])
                        if event["name"] == "end":
                            yield "end", data
                            return
                        if event["name"] == "failure":
                            raise Unreachable(data["message"])
                        last = event["id"]
                        yield "line", data
            except (OSError, HTTPException) as error:
                _refused_for_good(error)
                wait = _seconds_to_wait(error, failures)
            failures += 1
            time.sleep(wait)
        raise Unreachable(f"the log of {run} breaks off")

    def _ask(self, method, path, body=None, headers=None, attempts=ATTEMPTS):
        for attempt in range(1, attempts + 1):
            try:
                with self._open(method, path, body, headers or {}) as answer:
                    return json.load(answer)
            except (OSError, HTTPException) as error:
                _refused_for_good(error)
                if attempt == attempts:
                    raise Unreachable(f"{self.url} gives no answer: {error}") from error
                time.sleep(_seconds_to_wait(error, attempt))

    def _open(self, method, path, body, headers):
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        if self.key:
            request.add_header("Authorization", f"Bearer {self.key}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        return urllib.request.urlopen(request, timeout=SILENCE_SECONDS)


def _refused_for_good(error):
    """Raises Refused for an answer that stays the same when it is asked for again."""
    if isinstance(error, urllib.error.HTTPError) and error.code not in (429, 500, 502, 503, 504):
        raise Refused(json.load(error)) from error


def _seconds_to_wait(error, attempt):
    headers = error.headers if isinstance(error, urllib.error.HTTPError) else {}
    return int(headers.get("Retry-After", 2**attempt // 2))


def _events(stream):
    """Server-sent events. One that was cut off before the empty line at its end is none."""
    event = {"name": "message", "id": None, "data": None}
    for line in stream:
        text = line.decode().rstrip("\r\n")
        if text == "":
            if event["data"] is not None:
                yield event
            event = {"name": "message", "id": None, "data": None}
            continue
        field, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            event["name"] = value
        elif field == "id":
            event["id"] = value
        elif field == "data":
            event["data"] = value if event["data"] is None else event["data"] + "\n" + value
