"""Signatures of groups: BLS12-381, signatures in G1, keys in G2."""

from hashlib import sha256
from typing import Any

from py_ecc.bls.g2_primitives import subgroup_check
from py_ecc.bls.hash_to_curve import hash_to_G1
from py_ecc.bls.point_compression import decompress_G1, decompress_G2
from py_ecc.optimized_bls12_381 import FQ12, G2, Z2, add, final_exponentiate, is_inf, is_on_curve, neg, pairing
from py_ecc.optimized_bls12_381 import b as B1
from py_ecc.optimized_bls12_381 import b2 as B2

from .codec import domained

MESSAGE = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_"

Point = Any


def _sound(point: Point, curve: Any) -> Point:
    """A point of the right group that is not its zero: anything else is an error."""
    if is_inf(point) or not is_on_curve(point, curve) or not subgroup_check(point):
        raise ValueError("no point of the group")
    return point


def read_key(source: bytes) -> Point:
    """Reads a public key of 96 bytes."""
    if len(source) != 96:
        raise ValueError(f"a key has 96 bytes, not {len(source)}")
    halves = (int.from_bytes(source[:48], "big"), int.from_bytes(source[48:], "big"))
    return _sound(decompress_G2(halves), B2)


def sum_of_keys(keys: list[bytes]) -> Point:
    """The key under which an aggregate of signatures over one message holds."""
    total = Z2
    for key in keys:
        total = add(total, read_key(key))
    return total


def verify(key: Point, domain: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature over the message in the domain holds under the key."""
    try:
        if len(signature) != 48 or is_inf(key):
            return False
        signed = _sound(decompress_G1(int.from_bytes(signature, "big")), B1)
    except ValueError:
        return False
    hashed = hash_to_G1(domained(domain, message), MESSAGE, sha256)
    one = pairing(G2, neg(signed), final_exponentiate=False) * pairing(key, hashed, final_exponentiate=False)
    return bool(final_exponentiate(one) == FQ12.one())
