"""Transactions: made and signed without a node."""

from dataclasses import dataclass, field

from blake3 import blake3

from .codec import data, fixed, little, u32, u64
from .keys import SecretKey
from .limits import ARGUMENTS_MAX, INPUT_INLINE_MAX, INPUTS_MAX, TEXT_MAX

DOMAIN = b"lemma/transaction/1"


@dataclass(frozen=True)
class Blob:
    """Bytes that a node stores, by their BLAKE3 hash."""

    id: bytes
    size: int

    @classmethod
    def of(cls, content: bytes) -> "Blob":
        return cls(blake3(content).digest(), len(content))

    def encode(self) -> bytes:
        return fixed(self.id) + u64(self.size)


@dataclass(frozen=True)
class Input:
    """At most 4 KiB of bytes, or a blob. A witness goes to the prover alone, but is not confidential."""

    source: bytes | Blob
    witness: bool = False

    def encode(self) -> bytes:
        role = little(int(self.witness), 1)
        if isinstance(self.source, Blob):
            return role + b"\x01" + self.source.encode()
        return role + b"\x00" + data(self.source, INPUT_INLINE_MAX)


@dataclass(frozen=True)
class Resources:
    """What a run needs."""

    cpus: int = 1
    memory_mib: int = 512
    disk_mib: int = 0
    gpus: int = 0
    gpu_class: int = 0

    def encode(self) -> bytes:
        numbers = (self.cpus, self.memory_mib, self.disk_mib, self.gpus, self.gpu_class)
        # Runtimes: what a run needs is its program's.
        return b"".join(map(u32, numbers)) + b"\x00"


@dataclass(frozen=True)
class Transfer:
    """Moves money, in units of 10⁻⁹ LEM."""

    to: bytes
    amount: int

    def encode(self) -> bytes:
        return b"\x00" + fixed(self.to) + u64(self.amount)


@dataclass(frozen=True)
class Deploy:
    """Makes a program known; both artifacts are blobs."""

    name: str
    proof_system: str
    prover: Blob
    verifier: Blob
    fuel_limit: int = 1_000_000_000
    native: bool = False

    def encode(self) -> bytes:
        return b"\x01" + self._program()

    def _program(self) -> bytes:
        texts = data(self.name.encode(), TEXT_MAX) + data(self.proof_system.encode(), TEXT_MAX)
        artifacts = self.prover.encode() + self.verifier.encode()
        return texts + little(int(self.native), 1) + artifacts + u64(self.fuel_limit)

    def program(self) -> bytes:
        """The program's name."""
        return hash_in("lemma 1 program", self._program())


@dataclass(frozen=True)
class Run:
    """Asks for one execution of a program. `fee_max` is in units of 10⁻⁹ LEM, the transaction's own fee not counted."""

    program: bytes
    inputs: list[Input]
    fee_max: int
    resources: Resources = field(default_factory=Resources)
    compute_max_ms: int = 60_000
    arguments: bytes = b""

    def encode(self) -> bytes:
        if len(self.inputs) > INPUTS_MAX:
            raise ValueError(f"{len(self.inputs)} inputs, where at most {INPUTS_MAX} are allowed")
        inputs = u32(len(self.inputs)) + b"".join(each.encode() for each in self.inputs)
        head = b"\x02" + fixed(self.program) + data(self.arguments, ARGUMENTS_MAX)
        return head + inputs + self.resources.encode() + u64(self.compute_max_ms) + u64(self.fee_max)


@dataclass(frozen=True)
class Cancel:
    """Takes back a run that has not been allocated."""

    workload: bytes

    def encode(self) -> bytes:
        return b"\x03" + fixed(self.workload)


Call = Transfer | Deploy | Run | Cancel


@dataclass(frozen=True)
class Draft:
    """Everything that a transaction needs but a signature. `fee_limit` is the most to pay for the transaction itself."""

    chain: bytes
    nonce: int
    valid_until: int
    fee_limit: int
    call: Call

    def encode(self, sender: bytes) -> bytes:
        numbers = u64(self.nonce) + u64(self.fee_limit) + u64(self.valid_until)
        return fixed(self.chain) + fixed(sender) + numbers + self.call.encode()

    def sign(self, secret: SecretKey) -> "Signed":
        value = self.encode(secret.account)
        return Signed(value + secret.sign(DOMAIN, value), hash_in("lemma 1 transaction", value))

    def fee(self, base: int, per_byte: int) -> int:
        """The fee of the transaction itself, by its length."""
        return base + per_byte * (len(self.encode(bytes(32))) + 64)


@dataclass(frozen=True)
class Signed:
    """A transaction as a node takes it, and its name. The name of a run is that of its workload."""

    content: bytes
    id: bytes


def hash_in(context: str, content: bytes) -> bytes:
    """BLAKE3 in a context, which keeps hashes of different things apart."""
    return blake3(content, derive_key_context=context).digest()
