"""What the client raises. No error holds a key, a secret or the body of a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .models import Diagnostic


class WaterflowError(Exception):
    """Anything that this client raises."""

    def __init__(self, message: str, *, code: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        """For programs: a code of the API, or of this client."""
        self.remedy = remedy
        """For people: what to do about it."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are made anew from `args`, of which subclasses here have more than one.
        return _restored, (type(self), self.args, self.__dict__)


class ApiError(WaterflowError):
    """What a server answered to a request that it does not carry out (RFC 9457). Decide by the class, or by `status` and `code`."""

    def __init__(self, problem: Mapping[str, Any], *, status: int, retry_after: float | None = None) -> None:
        diagnostics = [Diagnostic.from_json(each) for each in problem.get("errors", [])]
        message = _message(problem, status, diagnostics)
        super().__init__(message, code=problem.get("code", "UNKNOWN"), remedy=problem.get("remedy"))
        self.status = status
        self.request_id: str | None = problem.get("request_id")
        """By which the server's log names the request."""
        self.diagnostics = diagnostics
        """Each single thing that is wrong; those of a workflow file with `file`, `line` and `column`, both counted from 1."""
        self.retry_after = retry_after
        """How long the server wants to be left alone, in seconds."""


class InvalidRequestError(ApiError):
    """400, 405, 408, 413, 415, 431: the request is not as the API has it."""


class AuthenticationError(ApiError):
    """401: there is no valid key or token."""


class PermissionDeniedError(ApiError):
    """403: the key or token may not do this."""


class NotFoundError(ApiError):
    """404: there is no such thing, or it is another tenant's."""


class ConflictError(ApiError):
    """409: what is there keeps it from that, such as a run that has ended."""


class ValidationError(ApiError):
    """422: a workflow, inputs or secrets are wrong; `diagnostics` has each problem."""


class RateLimitError(ApiError):
    """429, after as many attempts as `retry_for` allows."""


class ServerError(ApiError):
    """5xx: the server, or something that it needs, failed."""


class NoAnswerError(WaterflowError):
    """There was no answer of a Waterflow server. Where a request is not sent again, it may have been carried out."""

    def __init__(self, message: str, *, never_sent: bool = False) -> None:
        remedy = "Check the URL, and that the server runs: its /healthz says that it does."
        super().__init__(message, code="NO_ANSWER", remedy=remedy)
        self.never_sent = never_sent
        """No connection was made."""


class TimedOutError(WaterflowError):
    """It took longer than the caller wanted to wait."""

    def __init__(self, message: str) -> None:
        remedy = "Wait longer, or ask again later: a run goes on by itself."
        super().__init__(message, code="TIMED_OUT", remedy=remedy)


class StreamFailure(ServerError):
    """The record of a run cannot be read: the server says so in the middle of a stream."""


def _restored(cls: type[WaterflowError], args: tuple[object, ...], state: Mapping[str, object]) -> WaterflowError:
    """An error that was pickled, such as in another process of a pool."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


_CLASSES: Mapping[int, type[ApiError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: ValidationError,
    429: RateLimitError,
}


def api_error(problem: Mapping[str, Any], *, status: int, retry_after: float | None) -> ApiError:
    """The error for an answer that is no success."""
    cls = _CLASSES.get(status, ServerError if status >= 500 else InvalidRequestError)
    return cls(problem, status=status, retry_after=retry_after)


def stream_failure(data: Mapping[str, Any]) -> ApiError:
    """The error that a server tells in the middle of a stream."""
    problem = {**data, "detail": data.get("message")}
    status = data.get("status", 500)
    return StreamFailure(problem, status=500) if status == 500 else api_error(problem, status=status, retry_after=None)


def _message(problem: Mapping[str, Any], status: int, diagnostics: Sequence[Diagnostic]) -> str:
    what: str = problem.get("detail") or f"the server answered with status {status}"
    if len(diagnostics) > 1:
        return "\n".join([what, *(f"  {_line(each)}" for each in diagnostics)])
    place = _place(diagnostics[0]) if diagnostics else ""
    where = f" ({place})" if place else ""
    code = f" [{problem['code']}]" if "code" in problem else ""
    return f"{what}{where}{code}"


def _line(diagnostic: Diagnostic) -> str:
    place = _place(diagnostic)
    return f"{place}: {diagnostic.message} [{diagnostic.code}]" if place else f"{diagnostic.message} [{diagnostic.code}]"


def _place(diagnostic: Diagnostic) -> str:
    if diagnostic.file is None:
        return diagnostic.pointer or ""
    parts = [diagnostic.file, diagnostic.line, diagnostic.column]
    return ":".join(str(part) for part in parts if part is not None)
