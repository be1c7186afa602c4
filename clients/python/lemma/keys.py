"""Accounts and their keys (Ed25519)."""

import os
import re
import stat
from pathlib import Path

from nacl.signing import SigningKey

from .codec import domained, fixed

FILE_MAX = 4096


class SecretKey:
    """An account's secret key. It is not shown by `print` or `repr`."""

    def __init__(self, secret: bytes) -> None:
        """A key from 32 bytes that nobody else knows."""
        self._key = SigningKey(fixed(secret))
        self.account: bytes = self._key.verify_key.encode()

    @classmethod
    def read(cls, path: str | Path) -> "SecretKey":
        """Reads the key file that `lemma key new` writes: 64 hexadecimal digits, readable by its owner alone."""
        with open(path, "rb") as file:
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise PermissionError(f"others may read {path}: run chmod 600 on it")
            text = file.read(FILE_MAX).rstrip()
        if not re.fullmatch(rb"[0-9a-fA-F]{64}", text):
            raise ValueError(f"{path} holds no key: 64 hexadecimal digits are expected")
        return cls(bytes.fromhex(text.decode()))

    def sign(self, domain: bytes, message: bytes) -> bytes:
        """Signs a message in a domain."""
        return self._key.sign(domained(domain, message)).signature

    def __repr__(self) -> str:
        return f"SecretKey of {self.account.hex()}"
