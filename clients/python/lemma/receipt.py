"""Receipts, checked here with nothing but the 96-byte group key.

    group key ──▶ certificate ──▶ header ──▶ state root ──▶ workload
        │                                        ├────────▶ draw ──▶ beacon, candidates ──▶ this prover won
        └──────────── beacon of the draw ◀───────┤
                                                 └────────▶ verdict set ──▶ certificate of valid ──▶ proof

All of it must hold. What costs little is checked first, so that a damaged receipt costs no pairing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from blake3 import blake3

from . import bls, records
from .amount import lem
from .codec import Reader, decode, little, u32, u64, unhex, varint
from .limits import FINALITY_MAX, PROOF_MAX, RECEIPT_MAX, STATE_PROOF_MAX, UNITS_MAX, VALUE_MAX
from .records import Attempt, Certificate, Draw, Member, Workload
from .state_proof import check_value
from .transaction import hash_in

MAGIC = b"lemma-receipt"
VERSION = 1
ENDS = ("verified", "failed", "cancelled", "expired")

Checked = dict[str, Any]


class ReceiptError(Exception):
    """A receipt that does not hold, and why."""

    code = "receipt"
    hint = "check that the group key is that of this chain; ask another node"


Proven = tuple[bytes, bytes]


@dataclass(frozen=True)
class Receipt:
    """The file. Nothing of it is believed before it was checked."""

    chain: bytes
    header: bytes
    certificate: bytes
    workload: Proven
    draw: Proven | None
    set: Proven | None
    bundle: bytes | None


@dataclass(frozen=True)
class Header:
    """What matters here of a block's header."""

    epoch: int
    view: int
    parent_view: int
    height: int
    time: int
    state_root: bytes


@dataclass(frozen=True)
class Signature:
    """A signature that is still to be checked, and what to say if it does not hold."""

    keys: list[bytes]
    domain: bytes
    message: bytes
    signature: bytes
    otherwise: str

    def check(self) -> None:
        if not bls.verify(bls.sum_of_keys(self.keys), self.domain, self.message, self.signature):
            raise ReceiptError(self.otherwise)


def check_receipt(source: bytes, group_key: bytes | str) -> Checked:
    """Checks a receipt against a group key, with nothing else, and tells what it shows: in the words that
    `lemma receipt verify --json` prints under `checked`.

    That the key belongs to the network you mean is yours to know; that the program means what its name says, too.
    """
    try:
        key = unhex(group_key.strip(), 96) if isinstance(group_key, str) else group_key
        return _check(source, key)
    except ValueError as error:
        raise ReceiptError(str(error)) from error


def _check(source: bytes, group: bytes) -> Checked:
    receipt = _read_receipt(source)
    header = decode(receipt.header, _read_header)
    signatures = _finality(receipt, header, group)
    with _named("the workload"):
        workload = records.workload(receipt.workload[0])
    _shown("the workload", header, _state_key("workload", workload.id), receipt.workload)
    if not workload.end or workload.state not in ENDS:
        raise ReceiptError(f"the workload is still {workload.state}")
    draw = _check_draw(receipt, header, workload)
    if draw:
        signatures.append(_beacon(receipt.chain, draw, group))
    proof = _check_proof(receipt, header, workload, signatures)
    for signature in signatures:
        signature.check()
    return _tell(receipt, header, workload, draw, proof)


@contextmanager
def _named(what: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ReceiptError(f"{what}: {error}") from error


def _read_receipt(source: bytes) -> Receipt:
    if not source.startswith(MAGIC) or len(source) == len(MAGIC):
        raise ReceiptError("this is not a receipt")
    if source[len(MAGIC)] != VERSION:
        raise ReceiptError(f"receipt version {source[len(MAGIC)]} is unknown; this program reads version {VERSION}")
    if len(source) > RECEIPT_MAX:
        raise ReceiptError("the receipt is longer than any")

    def read(reader: Reader) -> Receipt:
        def proven() -> Proven:
            return reader.data(VALUE_MAX), reader.data(STATE_PROOF_MAX)

        head = (reader.fixed(32), reader.data(FINALITY_MAX), reader.data(FINALITY_MAX), proven())
        draw, set = reader.option(proven), reader.option(proven)
        return Receipt(*head, draw, set, reader.option(lambda: reader.data(PROOF_MAX)))

    with _named("the receipt"):
        return decode(source[len(MAGIC) + 1 :], read)


def _read_header(reader: Reader) -> Header:
    version = reader.number(1)
    if version != 1:
        raise ReceiptError(f"header version {version} is unknown")
    epoch, view = reader.be64(), reader.be64()
    reader.fixed(32)  # leader
    parent_view = reader.be64()
    reader.fixed(32)  # parent
    height, time, state_root = reader.be64(), reader.be64(), reader.fixed(32)
    reader.fixed(32 + 8 + 8 + 32 + 32)  # operations root, start and end, body, resharing
    return Header(epoch, view, parent_view, height, time, state_root)


def _finality(receipt: Receipt, header: Header, group: bytes) -> list[Signature]:
    """The certificate must be for this header; the vote to finalize it and the seed of its round must be the group's."""
    round = varint(header.epoch) + varint(header.view)
    proposal = round + varint(header.parent_view) + blake3(receipt.header).digest()
    if len(receipt.certificate) != len(proposal) + 2 * 48:
        raise ReceiptError("the certificate of the block has another length")
    if not receipt.certificate.startswith(proposal):
        raise ReceiptError("the certificate is not for this header")
    vote, seed = receipt.certificate[len(proposal) : -48], receipt.certificate[-48:]

    def signed(suffix: bytes, message: bytes, signature: bytes, what: str) -> Signature:
        otherwise = f"the block is not final under this group key: the {what} in the certificate is not the group's"
        return Signature([group], receipt.chain + suffix, message, signature, otherwise)

    return [signed(b"_FINALIZE", proposal, vote, "vote"), signed(b"_SEED", round, seed, "seed")]


def _state_key(family: str, part: bytes, number: int = 0) -> bytes:
    """The name of a value in the state."""
    return hash_in("lemma 1 state key", bytes([len(family)]) + family.encode() + part + u64(number))


def _shown(what: str, header: Header, key: bytes, proven: Proven) -> None:
    with _named(f"{what} is not in the state of the block"):
        check_value(header.state_root, key, *proven)


def _check_draw(receipt: Receipt, header: Header, workload: Workload) -> Draw | None:
    """Repeats the draw of the last attempt. A test of a prover's capacity is not drawn."""
    number, last = len(workload.attempts), workload.attempts[-1] if workload.attempts else None
    if workload.kind == "test" and not (last and number == 1 and last.prover == workload.sender):
        raise ReceiptError("the test is not one attempt of the prover that it tests")
    drawn = last is not None and workload.kind == "run"
    if drawn != (receipt.draw is not None):
        raise ReceiptError("the draw is missing" if drawn else "a draw does not belong into this receipt")
    if not receipt.draw or not last:
        return None
    with _named("the draw"):
        draw = records.draw(receipt.draw[0])
    _shown("the draw", header, _state_key("draw", workload.id, number), receipt.draw)
    if (draw.workload, draw.attempt, draw.height) != (workload.id, number, last.drawn_by):
        raise ReceiptError("the draw is another attempt's")
    if _winner(draw) != last.prover:
        raise ReceiptError("the beacon draws another prover")
    return draw


def _winner(draw: Draw) -> bytes | None:
    """The prover that holds the ticket with the lowest hash."""
    base = draw.beacon + draw.workload + little(draw.attempt, 2)
    tickets = (
        (hash_in("lemma 1 ticket", base + prover + u32(ticket)), prover)
        for prover, count in draw.candidates
        for ticket in range(min(count, UNITS_MAX))
    )
    lowest = min(tickets, default=None)
    return lowest[1] if lowest else None


def _beacon(chain: bytes, draw: Draw, group: bytes) -> Signature:
    message = chain + draw.height.to_bytes(8, "big")
    otherwise = f"the beacon of height {draw.height} does not hold under this group key"
    return Signature([group], b"lemma/beacon/1", message, draw.beacon, otherwise)


def _check_proof(
    receipt: Receipt, header: Header, workload: Workload, signatures: list[Signature]
) -> dict[str, Any] | None:
    """Checks that the certificate of the verified proof has enough behind it, and the proof itself where it is there."""
    if workload.state != "verified":
        for part, what in ((receipt.set, "a verdict set"), (receipt.bundle, "a proof")):
            if part is not None:
                raise ReceiptError(f"{what} does not belong into this receipt")
        return None
    last = workload.attempts[-1] if workload.attempts else None
    certificate = last.end[2] if last and last.end and last.end[1] == "valid" else None
    if not last or not last.announced or not certificate:
        raise ReceiptError("the certificate of the proof is missing")
    if not receipt.set:
        raise ReceiptError("the verdict set is missing")
    with _named("the verdict set"):
        members = records.verdict_set(receipt.set[0])
    _shown("the verdict set", header, _state_key("verdict-set", b"", last.announced.set), receipt.set)
    signers, permille = _quorum(certificate, members)
    subject = workload.id + little(len(workload.attempts), 2) + last.announced.proof
    otherwise = "the certificate of the proof does not hold: the aggregate signature does not hold"
    message, keys = receipt.chain + subject + b"\x00", [signer.key for signer in signers]
    signatures.append(Signature(keys, b"lemma/verdict/1", message, certificate.signature, otherwise))
    proof, public = _open(receipt.bundle, last.announced.proof)
    return {
        "id": last.announced.proof.hex(), "size": last.announced.size,
        "verdicts": len(signers), "set": len(members), "bonds_permille": permille,
        "bytes": proof, "public_values": public,
    }


def _quorum(certificate: Certificate, members: list[Member]) -> tuple[list[Member], int]:
    """The members that signed: bonds count, and two thirds of them are needed."""
    if certificate.verdict != "valid":
        raise ReceiptError(f"the certificate says {certificate.verdict}")
    bitmap = certificate.signers
    places = [i for i in range(8 * len(bitmap)) if bitmap[i // 8] >> i % 8 & 1]
    if len(bitmap) != -(-len(members) // 8) or any(place >= len(members) for place in places):
        raise ReceiptError(f"the bitmap does not fit a set of {len(members)}")
    signers = [members[place] for place in places]
    got, all = sum(member.bond for member in signers), sum(member.bond for member in members)
    if all == 0 or 3 * got < 2 * all:
        raise ReceiptError(f"verdicts worth {got} of the {all} units bonded in the set, where two thirds are needed")
    return signers, got * 1000 // all


def _open(bundle: bytes | None, id: bytes) -> tuple[str | None, str | None]:
    if bundle is None:
        return None, None
    if blake3(bundle).digest() != id:
        raise ReceiptError("the proof in the receipt is another than was verified")
    with _named("the proof"):
        proof, public = records.bundle(bundle)
    return proof.hex(), public.hex()


def _tell(
    receipt: Receipt, header: Header, workload: Workload, draw: Draw | None, proof: dict[str, Any] | None
) -> Checked:
    end = workload.end
    assert end is not None
    return {
        "chain": receipt.chain.hex(), "height": header.height,
        "block": blake3(receipt.header).hexdigest(), "time": header.time,
        "workload": workload.id.hex(), "kind": workload.kind,
        "sender": workload.sender.hex(), "program": workload.program.hex(),
        "state": workload.state, "reason": end.reason, "created": workload.created, "ended": end.at,
        "resources": workload.resources, "compute_max": workload.compute_max, "statement": workload.statement,
        "attempts": [_tell_attempt(attempt) for attempt in workload.attempts],
        "draw": draw and {
            "height": draw.height, "beacon": draw.beacon.hex(), "candidates": len(draw.candidates),
            "tickets": sum(tickets for _, tickets in draw.candidates),
        },
        "proof": proof,
        "fees": {
            "locked": lem(workload.locked), "to_prover": lem(end.to_prover), "to_verdicts": lem(end.to_verdicts),
            "refunded": lem(end.refunded), "burned": lem(end.burned),
        },
    }


def _tell_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "prover": attempt.prover.hex(), "drawn_by": attempt.drawn_by, "drawn": attempt.drawn,
        "accepted": attempt.accepted, "announced": attempt.announced and attempt.announced.at,
        "ended": attempt.end and attempt.end[0], "end": attempt.end and attempt.end[1],
    }
