"""The canonical encoding (borsh) with every length bounded, and how consensus and storage write numbers."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def unhex(text: str, length: int) -> bytes:
    """Exactly so many bytes of hexadecimal digits."""
    digits = text if len(text) == 2 * length and text.isascii() and text.isalnum() else ""
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        found = b""
    if len(found) != length:
        raise ValueError(f"expected {2 * length} hexadecimal digits, got {text[:80]!r}")
    return found


def little(value: int, length: int) -> bytes:
    """A number, the smallest byte first."""
    if not 0 <= value < 1 << 8 * length:
        raise ValueError(f"{value} is no number of {8 * length} bits")
    return value.to_bytes(length, "little")


def u32(value: int) -> bytes:
    return little(value, 4)


def u64(value: int) -> bytes:
    return little(value, 8)


def data(value: bytes, most: int) -> bytes:
    """Bytes after their number."""
    if len(value) > most:
        raise ValueError(f"{len(value)} bytes, where at most {most} are allowed")
    return u32(len(value)) + value


def fixed(value: bytes, length: int = 32) -> bytes:
    """Bytes whose number the reader knows: an identifier has 32."""
    if len(value) != length:
        raise ValueError(f"expected {length} bytes, got {len(value)}")
    return value


def varint(value: int) -> bytes:
    """Seven bits in each byte, the smallest first."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def domained(domain: bytes, message: bytes) -> bytes:
    """`length(domain) ‖ domain ‖ message`: what every signature of the network is made over."""
    return varint(len(domain)) + domain + message


class Reader:
    """Reads canonical bytes, and nothing else: another form of a value is an error."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._at = 0

    def fixed(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._source):
            raise ValueError("the bytes end too early")
        taken = self._source[self._at : end]
        self._at = end
        return taken

    def number(self, length: int) -> int:
        """The smallest byte first."""
        return int.from_bytes(self.fixed(length), "little")

    def u64(self) -> int:
        return self.number(8)

    def be64(self) -> int:
        """The largest byte first."""
        return int.from_bytes(self.fixed(8), "big")

    def varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            if (byte == 0 and shift > 0) or value >= 1 << 64:
                break
            if byte < 0x80:
                return value
        raise ValueError("a number of variable length is malformed")

    def data(self, most: int) -> bytes:
        return self.fixed(self._length(most))

    def text(self, most: int) -> str:
        return self.data(most).decode("utf-8")

    def list(self, most: int, read: Callable[[], T]) -> list[T]:
        return [read() for _ in range(self._length(most))]

    def option(self, read: Callable[[], T]) -> T | None:
        return read() if self.tag(2) else None

    def tag(self, variants: int) -> int:
        """One of so many variants."""
        tag = self.number(1)
        if tag >= variants:
            raise ValueError(f"variant {tag} does not exist")
        return tag

    def word(self, words: Sequence[str]) -> str:
        return words[self.tag(len(words))]

    def _length(self, most: int) -> int:
        length = self.number(4)
        if length > most:
            raise ValueError(f"{length} bytes or entries, where at most {most} are allowed")
        return length

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._source):
            raise ValueError(f"{len(self._source) - self._at} bytes too many")


def decode(source: bytes, read: Callable[[Reader], T]) -> T:
    """Reads all of the bytes as one value."""
    reader = Reader(source)
    value = read(reader)
    reader.end()
    return value
