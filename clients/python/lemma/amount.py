"""Money: whole units of 10⁻⁹ LEM here, decimal text in the API."""

import re

UNITS_PER_LEM = 1_000_000_000


def units(text: str) -> int:
    """Units of an amount such as `12`, `0.5` or `3.25`."""
    parts = re.fullmatch(r"([0-9]{1,11})(?:\.([0-9]{1,9}))?", text)
    if not parts:
        raise ValueError(f"expected an amount such as 12 or 0.5, got {text[:40]!r}")
    return int(parts[1]) * UNITS_PER_LEM + int((parts[2] or "").ljust(9, "0"))


def lem(amount: int) -> str:
    """The amount in LEM."""
    whole, rest = divmod(amount, UNITS_PER_LEM)
    decimals = f"{rest:09}".rstrip("0")
    return f"{whole}.{decimals}" if decimals else str(whole)
