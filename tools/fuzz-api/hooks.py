"""What schemathesis can't be told by its configuration."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """A body of lines is a text, which the document says."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Follows runs by event streams only, of which schemathesis reads a part: lines of a run that waits would never end."""
    query = case.query
    if isinstance(query, dict) and str(query.get("follow")).lower() == "true" and query.get("format") != "sse":
        query["format"] = "sse"
