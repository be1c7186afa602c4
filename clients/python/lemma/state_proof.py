"""The proof of one present value against a state root.

The state is a log of operations under a Merkle mountain range. A bitmap of the operations that are current is grafted onto it:
where a subtree of 256 operations is complete, its chunk of the bitmap is hashed in; the chunk that is not, into the root. Peaks are
numbered by the positions of their nodes, and folded from the right, those of operations that are no longer current from the left.
All hashes are BLAKE3, numbers in them big-endian.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from blake3 import blake3

from .codec import Reader, decode, varint

DIGESTS_MAX = 128
CHUNK_BYTES = 32
GRAFT_HEIGHT = 8
"""A chunk has a bit for each operation of a subtree of this height."""
LEAVES_MAX = 1 << 62
ROOT_DOMAIN = b"\x00\x01"
"""Begins every root of such a range, with peaks folded in this way."""
UPDATE = b"\xd2"
"""Begins the operation that gives a key a value."""


@dataclass(frozen=True)
class Subtree:
    """A perfect subtree: the first operation under it, and its height."""

    start: int
    height: int

    @property
    def end(self) -> int:
        return self.start + (1 << self.height)

    @property
    def position(self) -> bytes:
        """The number of its root among all nodes, in the order in which a growing range makes them."""
        number = 2 * self.start - self.start.bit_count() + (1 << self.height + 1) - 2
        return number.to_bytes(8, "big")

    def halves(self) -> tuple["Subtree", "Subtree"]:
        left = Subtree(self.start, self.height - 1)
        return left, Subtree(left.end, self.height - 1)


@dataclass(frozen=True)
class Proof:
    """A proof as it is read."""

    location: int
    chunk: bytes
    leaves: int
    inactive_peaks: int
    digests: list[bytes]
    partial_chunk: bytes | None
    operations_root: bytes
    next_key: bytes


def check_value(root: bytes, key: bytes, value: bytes, source: bytes) -> None:
    """Checks that the state with this root holds `value` under `key`; an error says that it is not shown."""
    proof = decode(source, _read)
    byte, bit = divmod(proof.location % 256, 8)
    if not proof.chunk[byte] >> bit & 1:
        raise ValueError("the proof is of a value that is no longer there")
    operation = UPDATE + key + varint(len(value)) + value + proof.next_key
    if _state_root(proof, operation) != root:
        raise ValueError("the proof does not show this value under this key")


def _read(reader: Reader) -> Proof:
    location, chunk = reader.varint(), reader.fixed(CHUNK_BYTES)
    leaves, inactive_peaks, count = reader.varint(), reader.varint(), reader.varint()
    if leaves > LEAVES_MAX or location >= leaves:
        raise ValueError("the proof is of no place in the state")
    if count > DIGESTS_MAX:
        raise ValueError(f"{count} digests, where at most {DIGESTS_MAX} are allowed")
    digests = [reader.fixed(32) for _ in range(count)]
    partial_chunk = reader.option(lambda: reader.fixed(32))
    return Proof(
        location, chunk, leaves, inactive_peaks, digests, partial_chunk, reader.fixed(32), reader.fixed(32)
    )


def _state_root(proof: Proof, operation: bytes) -> bytes:
    open = proof.leaves % 256
    if (open != 0) != (proof.partial_chunk is not None):
        raise ValueError("the proof has the wrong chunks")
    in_open_chunk = proof.location // 256 == proof.leaves // 256
    if proof.partial_chunk and in_open_chunk and proof.partial_chunk != _hash(proof.chunk):
        raise ValueError("the proof has another chunk")
    partial = open.to_bytes(8, "big") + proof.partial_chunk if proof.partial_chunk else b""
    return _hash(proof.operations_root, _grafted_root(proof, operation), partial)


def _grafted_root(proof: Proof, operation: bytes) -> bytes:
    """The root over the peaks: those of the proof, and in its place the one that the operation lies under."""
    peaks, inactive = _peaks(proof.leaves), proof.inactive_peaks
    own = next(i for i, peak in enumerate(peaks) if proof.location < peak.end)
    if inactive > len(peaks):
        raise ValueError("the proof has too many inactive peaks")
    folded, after = min(inactive, own), len(peaks) - own - 1
    before = own - folded + min(folded, 1)
    alone = min(max(inactive - own - 1, 0), after)
    others = before + alone + (1 if after > alone else 0)
    if len(proof.digests) != others + peaks[own].height:
        raise ValueError("the proof has the wrong number of digests")
    digest = _digest(peaks[own], proof, operation, iter(proof.digests[others:]).__next__)
    left = inactive - folded + 1 if folded else inactive
    bagged = _bag([*proof.digests[:before], digest, *proof.digests[before:others]], left)
    boundary = inactive.to_bytes(8, "big") if inactive else b""
    return _hash(ROOT_DOMAIN, proof.leaves.to_bytes(8, "big"), boundary, bagged)


def _bag(peaks: list[bytes], left: int) -> bytes:
    """Folds the first `left` from the left, what follows from the right, and both together."""
    first = max(left, 1)
    if len(peaks) < first:
        raise ValueError("the proof has too few peaks")
    front = reduce(_hash, peaks[:first])
    rest = peaks[:first - 1:-1]
    return _hash(front, reduce(lambda bagged, peak: _hash(peak, bagged), rest)) if rest else front


def _digest(subtree: Subtree, proof: Proof, operation: bytes, sibling: Callable[[], bytes]) -> bytes:
    """The digest of a subtree that the operation lies under. Siblings come in the order of the operations under them."""
    if subtree.height == 0:
        return _hash(subtree.position, operation)
    left, right = subtree.halves()
    if proof.location < right.start:
        children = (_digest(left, proof, operation, sibling), sibling())
    else:
        children = (sibling(), _digest(right, proof, operation, sibling))
    digest = _hash(subtree.position, *children)
    return _hash(proof.chunk, digest) if subtree.height == GRAFT_HEIGHT else digest


def _peaks(leaves: int) -> list[Subtree]:
    """The perfect subtrees of so many leaves, the largest first."""
    peaks, start = [], 0
    for height in range(62, -1, -1):
        if leaves >> height & 1:
            peaks.append(Subtree(start, height))
            start = peaks[-1].end
    return peaks


def _hash(*parts: bytes) -> bytes:
    return blake3(b"".join(parts)).digest()
