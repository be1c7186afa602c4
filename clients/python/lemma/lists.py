"""Lists over their pages, and an event stream that outlives its connections."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from .errors import LemmaError
from .http import Http, retrying

if TYPE_CHECKING:
    from . import api

PAGE_MAX = 100
"""The most that a node gives in one page."""
SILENCE = 60.0
"""How many seconds of silence end a connection. A node says that it lives more often."""
PAUSE = 0.2


def query(**given: str | int | bytes | None) -> dict[str, str]:
    """What is given, as the API takes it."""
    text = {name: value.hex() if isinstance(value, bytes) else value for name, value in given.items()}
    return {name: str(value) for name, value in text.items() if value is not None}


def items(http: Http, path: str, name: str, asked: dict[str, str]) -> Iterator[Any]:
    """Everything listed, newest first, page by page as it is wanted. What comes in meanwhile moves nothing: each item is told once."""
    cursor: dict[str, str] = {}
    while True:
        page = http.json("GET", path, params=asked | {"limit": str(PAGE_MAX)} | cursor)
        yield from page[name]
        # A node that gives nothing, or names the same page as its next, would be asked for ever.
        if not page[name] or page.get("next") in (None, cursor.get("cursor")):
            return
        cursor = {"cursor": page["next"]}


def resuming(
    http: Http, asked: dict[str, str], after: str, sleep: Callable[[float], None] = time.sleep
) -> Iterator[tuple[api.Event, str]]:
    """What is heard over any number of connections: each event with the id to go on after, which is that of the last event of the
    chain, and empty before the first. Where not all that was missed is known, the next event is named `gap`."""
    first = True
    while True:
        opened = False
        try:
            with ExitStack() as stack:
                messages = retrying(lambda: stack.enter_context(http.events(asked, SILENCE, after)), sleep)
                opened = True
                # Who has heard of no place of the chain cannot say where to go on.
                if not first and not after:
                    yield {"event": "gap"}, after
                for event, id in messages:
                    after = id or after
                    # That a listener was too slow is nothing to tell: the node ends the stream, and it is gone on with.
                    if event["event"] != "lagged":
                        yield event, after
        except LemmaError as error:
            if not (opened and error.passing):
                raise
        first = False
        sleep(PAUSE)
