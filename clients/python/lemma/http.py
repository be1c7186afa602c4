"""Requests to one node: bounded answers, careful retries, and its stream of events."""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from .errors import LemmaError, bad_answer, problem
from .limits import RECEIPT_MAX

TRIES = 5
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
TIMEOUT = httpx.Timeout(60, connect=3)
JSON_MAX = 32 * 1024 * 1024
EVENT_MAX = 1024 * 1024

T = TypeVar("T")


def retrying(attempt: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """Tries until it succeeds, fails for good, or was tried often enough. Only for what may safely happen twice."""
    for tried in range(1, TRIES):
        try:
            return attempt()
        except LemmaError as error:
            if not error.passing:
                raise
        sleep(min(FIRST_PAUSE * 2**tried, LONGEST_PAUSE) * random.uniform(0.5, 1))
    return attempt()


class Http:
    """The API of one node. Every request of it may safely be sent twice: what changes something is named by a hash."""

    def __init__(self, node: str) -> None:
        self._http = httpx.Client(base_url=node, timeout=TIMEOUT, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def body(self, method: str, path: str, most: int = RECEIPT_MAX, **request: Any) -> bytes:
        """The body of the answer, or the problem as an error."""
        return retrying(lambda: self._once(method, path, most, request))

    def json(self, method: str, path: str, **request: Any) -> Any:
        body = self.body(method, path, JSON_MAX, **request)
        try:
            return json.loads(body)
        except ValueError as error:
            raise bad_answer(str(error)) from error

    def _once(self, method: str, path: str, most: int, request: dict[str, Any]) -> bytes:
        with self._sent(method, path, **request) as response:
            body = bytearray()
            for piece in response.iter_raw():
                body += piece
                if len(body) > most:
                    raise bad_answer(f"it is longer than {most} bytes")
            return bytes(body)

    @contextmanager
    def _sent(self, method: str, path: str, **request: Any) -> Iterator[httpx.Response]:
        headers = {"accept-encoding": "identity"} | request.pop("headers", {})
        try:
            with self._http.stream(method, path, headers=headers, **request) as response:
                if response.status_code >= 400:
                    raise self._problem(response)
                yield response
        except httpx.HTTPError as error:
            hint = "check that the node runs and that the address is that of its API"
            message = f"the node at {self._http.base_url} cannot be reached: {error}"
            raise LemmaError("unreachable", message, hint) from error

    @staticmethod
    def _problem(response: httpx.Response) -> LemmaError:
        first = next(response.iter_raw(64 * 1024), b"")
        try:
            return problem(json.loads(first), response.status_code)
        except ValueError:
            return problem(None, response.status_code)

    @contextmanager
    def events(self, query: dict[str, str], silence: float, after: str = "") -> Iterator[Iterator[tuple[Any, str]]]:
        """What happens, after the event with the id `after`: each with its id, empty if it has none of its own. The stream has begun
        when this returns; it ends after so many seconds of silence."""
        timeout, headers = httpx.Timeout(60, connect=3, read=silence), {"last-event-id": after} if after else {}
        with self._sent("GET", "/v1/events", params=query, timeout=timeout, headers=headers) as response:
            yield _read_events(response.iter_raw())


def _read_events(pieces: Iterator[bytes]) -> Iterator[tuple[Any, str]]:
    """Each event of a stream: its data, which is JSON on one line, and its id."""
    rest, data, id = b"", b"", ""
    for piece in pieces:
        *lines, rest = (rest + piece).replace(b"\r", b"").split(b"\n")
        if len(rest) > EVENT_MAX:
            raise bad_answer(f"an event is longer than {EVENT_MAX} bytes")
        for line in lines:
            if line.startswith(b"data:"):
                data = line[5:]
            elif line.startswith(b"id:"):
                id = line[3:].strip().decode("ascii", "replace")
            elif not line:
                if data:
                    yield _parsed(data), id
                data, id = b"", ""


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise bad_answer(f"an event: {error}") from error
