"""A client of a network: sign here, submit, follow to the end, check the receipt here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blake3 import blake3

from .amount import units
from .errors import LemmaError, bad_answer, problem
from .http import Http
from .keys import SecretKey
from .limits import INPUT_INLINE_MAX
from .lists import items, query, resuming
from .receipt import Checked, ReceiptError, check_receipt
from .transaction import Blob, Call, Draft, Input, Resources, Run, Signed

if TYPE_CHECKING:
    from . import api

VALID_BLOCKS = 1000
"""How many blocks a transaction has to get into one."""
LOOK = 0.15
PATIENCE = 5.0
"""How many seconds to wait for an event before asking anyway."""
RECEIPT_TRIES = 40
END_STATES = ("verified", "failed", "cancelled", "expired")

Watch = Callable[["api.Step"], None]


@dataclass(frozen=True)
class Finished:
    """A run that has ended, with its receipt as it is to be kept, and what the receipt shows. `proof` is None where there is none."""

    workload: "api.Workload"
    receipt: bytes
    checked: Checked

    @property
    def proof(self) -> bytes | None:
        return self._part("bytes")

    @property
    def public_values(self) -> bytes | None:
        return self._part("public_values")

    def _part(self, name: str) -> bytes | None:
        found = self.checked["proof"] and self.checked["proof"][name]
        return None if found is None else bytes.fromhex(found)


class Client:
    """A node of a network whose group key you know from a source that you trust."""

    def __init__(self, node: str, group_key: str) -> None:
        self.http, self.group_key = Http(node), group_key

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def status(self) -> api.Status:
        """The chain and the node."""
        return self._get("/v1/status")

    def account(self, account: bytes) -> api.Account:
        """What an account holds."""
        return self._get(f"/v1/accounts/{account.hex()}")

    def params(self) -> api.Params:
        """The parameters in force."""
        return self._get("/v1/params")

    def workload(self, workload: bytes) -> api.Workload:
        """A workload, with what happened to it and what it waits for."""
        return self._get(f"/v1/workloads/{workload.hex()}")

    def transaction(self, transaction: bytes) -> api.TransactionStatus:
        """Where a transaction is."""
        return self._get(f"/v1/transactions/{transaction.hex()}")

    def workloads(
        self, *, account: bytes | None = None, program: bytes | None = None, state: str | None = None,
        prover: bytes | None = None, since: int | None = None, until: int | None = None,
    ) -> Iterator[api.WorkloadSummary]:
        """All workloads that fit, newest first; those that wait in the node's mempool before all others."""
        asked = query(**{"account": account, "program": program, "state": state, "prover": prover, "from": since, "to": until})
        return items(self.http, "/v1/workloads", "workloads", asked)

    def programs(
        self, *, account: bytes | None = None, since: int | None = None, until: int | None = None
    ) -> Iterator[api.Program]:
        """All programs that fit, the last deployed first."""
        return items(self.http, "/v1/programs", "programs", query(**{"account": account, "from": since, "to": until}))

    def provers(self, *, state: str | None = None) -> Iterator[api.Prover]:
        """All provers in a state, by account."""
        return items(self.http, "/v1/provers", "provers", query(state=state))

    def accounts(self, *, since: int | None = None, until: int | None = None) -> Iterator[api.Account]:
        """All accounts that were first heard of from block `since` to block `until`, the last first."""
        return items(self.http, "/v1/accounts", "accounts", query(**{"from": since, "to": until}))

    def transactions(
        self, *, account: bytes | None = None, kind: str | None = None, since: int | None = None, until: int | None = None
    ) -> Iterator[api.TransactionSummary]:
        """All transactions in blocks that fit, newest first."""
        asked = query(**{"account": account, "kind": kind, "from": since, "to": until})
        return items(self.http, "/v1/transactions", "transactions", asked)

    def blocks(
        self, *, leader: bytes | None = None, since: int | None = None, until: int | None = None
    ) -> Iterator[api.BlockSummary]:
        """All blocks that fit, newest first."""
        return items(self.http, "/v1/blocks", "blocks", query(**{"leader": leader, "from": since, "to": until}))

    def movements(
        self, account: bytes, *, cause: str | None = None, since: int | None = None, until: int | None = None
    ) -> Iterator[api.Movement]:
        """All movements of an account's money that fit, newest first."""
        asked = query(**{"cause": cause, "from": since, "to": until})
        return items(self.http, f"/v1/accounts/{account.hex()}/movements", "movements", asked)

    def events(
        self, *, workload: bytes | None = None, account: bytes | None = None, prover: bytes | None = None, after: str = ""
    ) -> Iterator[tuple[api.Event, str]]:
        """What happens, from now on or after the event with the id `after`, which may come from another node: each event with the id
        to go on after. Connections that break are made again; an event named `gap` says that not all that was missed is known."""
        return resuming(self.http, query(workload=workload, account=account, prover=prover), after)

    def quote(
        self, program: bytes, resources: Resources = Resources(), compute_max_ms: int = 60_000, blob_bytes: int = 0
    ) -> api.Quote:
        """What a run would cost, and where the money goes at each end."""
        request = {
            "program": program.hex(), "compute_max_ms": compute_max_ms, "blob_bytes": blob_bytes,
            "resources": vars(resources),
        }
        answer: api.Quote = self.http.json("POST", "/v1/quote", json=request)
        return answer

    def put(self, content: bytes) -> Blob:
        """Stores bytes at the node, under their hash."""
        blob = Blob.of(content)
        headers = {"content-type": "application/octet-stream"}
        stored = self.http.json("PUT", f"/v1/blobs/{blob.id.hex()}", content=content, headers=headers)
        if stored.get("blob") != blob.id.hex():
            raise bad_answer("the blob was stored under another name")
        return blob

    def blob(self, blob: Blob) -> bytes:
        """The bytes of a blob, checked against its name."""
        content = self.http.body("GET", f"/v1/blobs/{blob.id.hex()}", blob.size)
        if blake3(content).digest() != blob.id:
            raise bad_answer(f"the node sent other bytes than those of blob {blob.id.hex()}")
        return content

    def input(self, content: bytes, witness: bool = False) -> Input:
        """An input of a run: inline up to 4 KiB, else uploaded."""
        return Input(content if len(content) <= INPUT_INLINE_MAX else self.put(content), witness)

    def draft(self, secret: SecretKey, call: Call) -> Draft:
        """A transaction with everything filled in but the signature."""
        status, nonce = self.status(), self.account(secret.account)["nonce"]
        params: dict[str, Any] = {each["name"]: each["value"] for each in self.params()["params"]}
        until = status["height"] + min(VALID_BLOCKS, int(params["validity_max"]))
        draft = Draft(bytes.fromhex(status["chain"]), nonce, until, 0, call)
        fee = draft.fee(units(params["transaction_fee"]), units(params["transaction_fee_byte"]))
        return Draft(draft.chain, nonce, until, fee, call)

    def submit(self, signed: Signed) -> bytes:
        """Sends a signed transaction and returns its name. Sending the same one again is harmless: it counts once."""
        headers = {"content-type": "application/octet-stream"}
        try:
            answer = self.http.json("POST", "/v1/transactions", content=signed.content, headers=headers)
        except LemmaError:
            # It may have arrived although an earlier answer did not.
            if self.transaction(signed.id)["state"] not in ("pending", "included"):
                raise
            return signed.id
        if answer.get("transaction") != signed.id.hex():
            raise bad_answer("the transaction has another name there")
        return signed.id

    def send(self, secret: SecretKey, call: Call) -> bytes:
        """Signs and sends a call; returns once it is in a final block."""
        id = self.submit(self.draft(secret, call).sign(secret))
        while True:
            status = self.transaction(id)
            if status["state"] == "included":
                return id
            if status["state"] == "dropped":
                raise problem(status.get("refusal"), 409)
            time.sleep(LOOK)

    def run(
        self, secret: SecretKey, program: bytes, inputs: list[Input], *, fee_max: int | None = None,
        resources: Resources = Resources(), compute_max_ms: int = 60_000, arguments: bytes = b"",
        watch: Watch | None = None,
    ) -> Finished:
        """Asks for one execution, follows it to its end and checks the receipt. Pays at most what a quote says, unless told.

        To go on after a crash, keep `draft(…).sign(…)` and submit it again, then `finish` under its name.
        """
        if fee_max is None:
            moved = sum(each.source.size for each in inputs if isinstance(each.source, Blob))
            fee_max = units(self.quote(program, resources, compute_max_ms, moved)["fee"]["total"])
        run = Run(program, inputs, fee_max, resources, compute_max_ms, arguments)
        return self.finish(self.submit(self.draft(secret, run).sign(secret)), watch)

    def finish(self, workload: bytes, watch: Watch | None = None) -> Finished:
        """Follows a workload to its end, fetches the receipt and checks it."""
        record = self.follow(workload, watch)
        receipt = self._receipt(workload)
        checked = check_receipt(receipt, self.group_key)
        if checked["workload"] != workload.hex():
            raise ReceiptError(f"the node sent the receipt of {checked['workload']} instead of {workload.hex()}")
        return Finished(record, receipt, checked)

    def follow(self, workload: bytes, watch: Watch | None = None) -> api.Workload:
        """Follows a workload until it has ended; each step of its record is told once. Events only say when to look, so that
        nothing is missed when the stream breaks."""
        told = 0
        while True:
            try:
                with self.http.events(query(workload=workload), PATIENCE) as events:
                    while True:
                        record = self._look(workload)
                        steps = record["timeline"] if record else []
                        for step in steps[told:]:
                            (watch or (lambda _: None))(step)
                        told = max(told, len(steps))
                        if record and record["state"] in END_STATES:
                            return record
                        if next(events, None) is None:
                            break
            except LemmaError as error:
                if not error.passing:
                    raise
            self.status()  # retries, and says so if the node is gone
            time.sleep(LOOK)

    def _look(self, workload: bytes) -> api.Workload | None:
        """The workload; none if the node has not heard of it yet. A run that was dropped never becomes one."""
        try:
            return self.workload(workload)
        except LemmaError as absent:
            if absent.status != 404:
                raise
            status = self.transaction(workload)
            if status["state"] == "dropped":
                raise problem(status.get("refusal"), 409) from absent
            if status["state"] == "unknown":
                raise
            return None

    def _receipt(self, workload: bytes) -> bytes:
        """The receipt, as soon as the node can make it: its block may still wait for a certificate."""
        for _ in range(1, RECEIPT_TRIES):
            try:
                return self.http.body("GET", f"/v1/workloads/{workload.hex()}/receipt")
            except LemmaError as error:
                if error.code != "not-ended-yet":
                    raise
                time.sleep(LOOK)
        return self.http.body("GET", f"/v1/workloads/{workload.hex()}/receipt")

    def _get(self, path: str) -> Any:
        return self.http.json("GET", path)
