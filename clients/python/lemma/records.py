"""The values of the chain's state that a receipt holds, read from their canonical bytes."""

from dataclasses import dataclass
from typing import Any

from .codec import Reader, decode
from .limits import ARGUMENTS_MAX, DRAWS_MAX, INPUT_INLINE_MAX, INPUTS_MAX, PROOF_MAX, PROVERS_MAX, TEXT_MAX

STATES = ("queued", "allocated", "proving", "proved", "verified", "failed", "cancelled", "expired")
REASONS = ("proved", "attempts-used", "undecided", "cancelled", "no-prover")
KINDS = ("run", "test")
ENDS = ("silent", "handed-back", "failed", "missed", "valid", "rejected", "unavailable", "undecided")
CERTIFIED = ("valid", "rejected", "unavailable")
VERDICTS = ("valid", "invalid", "unavailable")
RUNTIMES = ("wasm", "linux-x86_64")
FAILS = 9

Moment = dict[str, int]


@dataclass(frozen=True)
class Certificate:
    """Equal verdicts, aggregated."""

    verdict: str
    signers: bytes
    signature: bytes


@dataclass(frozen=True)
class Announced:
    """A proof that was announced in a block."""

    proof: bytes
    size: int
    at: Moment
    set: int


@dataclass(frozen=True)
class Attempt:
    """One prover's turn."""

    prover: bytes
    drawn_by: int
    drawn: Moment
    accepted: Moment | None
    announced: Announced | None
    end: tuple[Moment, str, Certificate | None] | None


@dataclass(frozen=True)
class End:
    """How a workload ended, and where its money went."""

    reason: str
    at: Moment
    to_prover: int
    to_verdicts: int
    refunded: int
    burned: int


@dataclass(frozen=True)
class Workload:
    """A workload. `statement` and `resources` are as the API tells them."""

    id: bytes
    kind: str
    sender: bytes
    program: bytes
    statement: list[dict[str, Any]]
    resources: dict[str, Any]
    compute_max: int
    state: str
    created: Moment
    locked: int
    attempts: list[Attempt]
    end: End | None


@dataclass(frozen=True)
class Draw:
    """Everything that decided a draw. Candidates are provers with their tickets."""

    workload: bytes
    attempt: int
    height: int
    beacon: bytes
    candidates: list[tuple[bytes, int]]


@dataclass(frozen=True)
class Member:
    """A member of the set whose verdicts count."""

    account: bytes
    key: bytes
    bond: int


def workload(source: bytes) -> Workload:
    """Reads a workload."""
    return decode(source, _workload)


def draw(source: bytes) -> Draw:
    """Reads a draw."""

    def read(reader: Reader) -> Draw:
        head = (reader.fixed(32), reader.number(2), reader.u64(), reader.fixed(48))
        return Draw(*head, reader.list(PROVERS_MAX, lambda: (reader.fixed(32), reader.number(4))))

    return decode(source, read)


def verdict_set(source: bytes) -> list[Member]:
    """Reads a verdict set."""

    def read(reader: Reader) -> list[Member]:
        return reader.list(PROVERS_MAX, lambda: Member(reader.fixed(32), reader.fixed(96), reader.u64()))

    return decode(source, read)


def bundle(source: bytes) -> tuple[bytes, bytes]:
    """Reads a proof and its public values."""
    return decode(source, lambda reader: (reader.data(PROOF_MAX), reader.data(PROOF_MAX)))


def _workload(reader: Reader) -> Workload:
    id, kind, sender = reader.fixed(32), reader.word(KINDS), reader.fixed(32)
    program = reader.fixed(32)
    reader.data(ARGUMENTS_MAX)
    inputs = reader.list(INPUTS_MAX, lambda: _input(reader))
    resources, compute_max = _resources(reader), reader.u64()
    reader.u64()  # fee_max
    reader.tag(len(RUNTIMES))
    state, created = reader.word(STATES), _moment(reader)
    _moment(reader)  # since
    reader.option(reader.u64)  # moves_on
    reader.option(reader.u64)  # overtime
    reader.u64()  # renewals
    locked = reader.u64() + reader.u64()
    reader.u64()  # billed
    attempts = reader.list(DRAWS_MAX, lambda: _attempt(reader))
    end = reader.option(lambda: _end(reader))
    statement = [source for witness, source in inputs if not witness]
    return Workload(
        id, kind, sender, program, statement, resources, compute_max, state, created, locked, attempts, end
    )


def _input(reader: Reader) -> tuple[int, dict[str, Any]]:
    witness = reader.tag(2)
    if reader.tag(2) == 0:
        return witness, {"inline": reader.data(INPUT_INLINE_MAX).hex()}
    return witness, {"blob": {"blob": reader.fixed(32).hex(), "size": reader.u64()}}


def _resources(reader: Reader) -> dict[str, Any]:
    names = ("cpus", "memory_mib", "disk_mib", "gpus", "gpu_class")
    resources: dict[str, Any] = {name: reader.number(4) for name in names}
    return resources | {"runtimes": [RUNTIMES[1]] if reader.tag(2) else []}


def _attempt(reader: Reader) -> Attempt:
    head = (reader.fixed(32), reader.u64(), _moment(reader), reader.option(lambda: _moment(reader)))
    announced = reader.option(lambda: Announced(reader.fixed(32), reader.u64(), _moment(reader), reader.u64()))
    return Attempt(*head, announced, reader.option(lambda: _attempt_end(reader)))


def _attempt_end(reader: Reader) -> tuple[Moment, str, Certificate | None]:
    at, how = _moment(reader), reader.word(ENDS)
    if how == "failed":
        reader.tag(FAILS)
        reader.text(TEXT_MAX)
        reader.option(lambda: (reader.fixed(32), reader.u64()))
    return at, how, _certificate(reader) if how in CERTIFIED else None


def _certificate(reader: Reader) -> Certificate:
    return Certificate(reader.word(VERDICTS), reader.data(PROVERS_MAX // 8), reader.fixed(48))


def _end(reader: Reader) -> End:
    reason, at = reader.word(REASONS), _moment(reader)
    return End(reason, at, reader.u64(), reader.u64(), reader.u64(), reader.u64())


def _moment(reader: Reader) -> Moment:
    return {"height": reader.u64(), "time": reader.u64()}
