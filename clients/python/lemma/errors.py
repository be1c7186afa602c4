"""What can go wrong, with a stable code and what to do next."""


class LemmaError(Exception):
    """A request that did not give what was asked for. `code` is stable and for machines, `hint` says what to do next."""

    def __init__(self, code: str, message: str, hint: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code, self.hint, self.status = code, hint, status

    @property
    def passing(self) -> bool:
        """Whether it is worth asking again: the node could not be reached, or had no time."""
        return self.code == "unreachable" or self.status in (429, 502, 503, 504)


def bad_answer(why: str) -> LemmaError:
    hint = "check that the address is that of a node of this version"
    return LemmaError("bad-answer", f"the node's answer makes no sense: {why}", hint)


def problem(answer: object, status: int) -> LemmaError:
    """A problem object of RFC 9457 as the API makes them."""
    if not isinstance(answer, dict) or not isinstance(answer.get("code"), str):
        return LemmaError("bad-answer", f"the node answered {status} without saying why", "see the node's log", status)
    return LemmaError(answer["code"], str(answer.get("detail")), str(answer.get("hint")), status)
