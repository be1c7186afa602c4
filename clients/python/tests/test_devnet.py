"""One workload from its submission to a receipt that is checked here. Needs LEMMA_NODE, LEMMA_KEY (a funded key file), and for
receipts of other clients LEMMA_RECEIPTS, a folder: each `*.receipt` in it is checked, and the own one is added to it."""

import os
import unittest
from pathlib import Path

from lemma import Client, Deploy, LemmaError, ReceiptError, SecretKey, check_receipt

ARTIFACTS = Path(__file__).parents[3] / "programs/artifacts/trivial"


class Devnet(unittest.TestCase):
    def setUp(self):
        node = os.environ["LEMMA_NODE"]
        with Client(node, "") as stranger:
            # On a network that somebody else runs the key comes from a source that you trust, not from a node.
            group_key = stranger.status()["group_key"]
        self.client = Client(node, group_key)
        self.addCleanup(self.client.http.close)
        self.secret = SecretKey.read(os.environ["LEMMA_KEY"])

    def deployed(self) -> bytes:
        prover, verifier = (self.client.put((ARTIFACTS / f"{role}.wasm").read_bytes()) for role in ("prover", "verifier"))
        program = Deploy("backwards", "none", prover, verifier)
        try:
            self.client.send(self.secret, program)
        except LemmaError as error:
            self.assertEqual(error.code, "program-exists")
        return program.program()

    def test_a_run_ends_with_a_receipt_that_nobody_can_change(self):
        program, statement = self.deployed(), b"python" * 1000
        steps = []
        inputs = [self.client.input(statement), self.client.input(b"witness", witness=True)]
        done = self.client.run(self.secret, program, inputs, watch=lambda step: steps.append(step["event"]))
        self.assertEqual(done.checked["state"], "verified")
        self.assertEqual(done.checked["program"], program.hex())
        self.assertEqual(done.proof, statement[::-1])
        self.assertEqual(steps[0], "queued")
        self.assertIn("accepted", steps)
        bad = bytearray(done.receipt)
        bad[len(bad) // 2] ^= 1
        self.assertRaises(ReceiptError, check_receipt, bytes(bad), self.client.group_key)
        self.receipts(done.receipt)

    def receipts(self, own: bytes) -> None:
        if folder := os.environ.get("LEMMA_RECEIPTS"):
            for path in Path(folder).glob("*.receipt"):
                with self.subTest(path.name):
                    check_receipt(path.read_bytes(), self.client.group_key)
            Path(folder, "python.receipt").write_bytes(own)


if __name__ == "__main__":
    unittest.main()
