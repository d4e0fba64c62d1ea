"""A client of Waterflow's REST API: `Waterflow`, and `AsyncWaterflow` for asyncio and trio."""

from ._async.client import AsyncWaterflow
from ._async.pages import AsyncPages
from ._errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NoAnswerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TimedOutError,
    ValidationError,
    WaterflowError,
)
from ._pages import Page
from ._sync.client import Waterflow
from ._sync.pages import Pages

__all__ = [
    "ApiError",
    "AsyncPages",
    "AsyncWaterflow",
    "AuthenticationError",
    "ConflictError",
    "InvalidRequestError",
    "NoAnswerError",
    "NotFoundError",
    "Page",
    "Pages",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerError",
    "TimedOutError",
    "ValidationError",
    "Waterflow",
    "WaterflowError",
]
