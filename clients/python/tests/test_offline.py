"""What needs no network: signing byte for byte as `lemma` does, and receipts of which no byte can be changed."""

import json
import os
import tempfile
import unittest
from pathlib import Path

from lemma import Blob, Cancel, Deploy, Draft, Input, ReceiptError, Resources, Run, SecretKey, Transfer, check_receipt
from lemma.amount import lem, units
from lemma.codec import Reader, varint
from lemma.errors import LemmaError
from lemma.http import TRIES, _read_events, retrying

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "receipt/tests/fixtures"
KEY = (FIXTURES / "group.key").read_text().strip()
VECTORS = json.loads((ROOT / "clients/vectors/transactions.json").read_text())


def blob(told: dict) -> Blob:
    return Blob(bytes.fromhex(told["blob"]), told["size"])


def call(name: str, told: dict):
    match name:
        case "transfer":
            return Transfer(bytes.fromhex(told["to"]), units(told["amount"]))
        case "cancel":
            return Cancel(bytes.fromhex(told["workload"]))
        case "deploy":
            return Deploy(
                told["name"], told["proof_system"], blob(told["prover"]), blob(told["verifier"]), told["fuel_limit"]
            )
    inputs = [
        Input(blob(each) if "blob" in each else bytes.fromhex(each["inline"]), each["role"] == "witness")
        for each in told["inputs"]
    ]
    program, arguments = bytes.fromhex(told["program"]), bytes.fromhex(told["arguments"])
    resources = Resources(**told["resources"])
    return Run(program, inputs, units(told["fee_max"]), resources, told["compute_max_ms"], arguments)


class Signing(unittest.TestCase):
    def test_every_call_is_signed_byte_for_byte_as_the_command_line_does(self):
        secret = SecretKey(bytes.fromhex(VECTORS["secret"]))
        head = (bytes.fromhex(VECTORS["chain"]), VECTORS["nonce"], VECTORS["valid_until"], units(VECTORS["fee_limit"]))
        for vector in VECTORS["transactions"]:
            with self.subTest(vector["name"]):
                signed = Draft(*head, call(vector["name"], vector["call"])).sign(secret)
                self.assertEqual(signed.content.hex(), vector["bytes"])
                self.assertEqual(signed.id.hex(), vector["id"])

    def test_what_is_too_large_is_not_signed(self):
        run = Run(bytes(32), [Input(bytes(4097))], 1)
        self.assertRaises(ValueError, run.encode)
        self.assertRaises(ValueError, Run(bytes(32), [Input(b"")] * 17, 1).encode)
        self.assertRaises(ValueError, Transfer(bytes(31), 1).encode)
        self.assertRaises(ValueError, Transfer(bytes(32), 1 << 64).encode)

    def test_a_key_file_is_its_owners_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "user.key")
            path.write_text(VECTORS["secret"] + "\n")
            os.chmod(path, 0o644)
            self.assertRaises(PermissionError, SecretKey.read, path)
            os.chmod(path, 0o600)
            secret = SecretKey.read(path)
            self.assertNotIn(VECTORS["secret"][:8], repr(secret))
            path.write_text("no key")
            self.assertRaises(ValueError, SecretKey.read, path)


class Receipts(unittest.TestCase):
    def test_the_frozen_receipts_hold(self):
        for name, state in (("verified", "verified"), ("failed", "failed"), ("test", "verified")):
            with self.subTest(name):
                self.assertEqual(check_receipt((FIXTURES / f"{name}.receipt").read_bytes(), KEY)["state"], state)

    def test_no_changed_byte_is_let_pass(self):
        good = (FIXTURES / "verified.receipt").read_bytes()
        # Signatures cost seconds each: all bytes are tried by the client in TypeScript.
        for at in range(0, len(good), int(os.environ.get("LEMMA_STRIDE", "97"))):
            bad = bytearray(good)
            bad[at] ^= 1 << at % 8
            with self.subTest(at), self.assertRaises(ReceiptError):
                check_receipt(bytes(bad), KEY)

    def test_cut_longer_and_other_files_and_keys_are_refused(self):
        good = (FIXTURES / "verified.receipt").read_bytes()
        for bad in (b"", b"lemma-receipt", good[:-1], good + b"\0", b"PK" + good):
            self.assertRaises(ReceiptError, check_receipt, bad, KEY)
        for key in ("", "00" * 96, KEY[:-2], "c0" + "00" * 95, VECTORS["secret"]):
            self.assertRaises(ReceiptError, check_receipt, good, key)


class Small(unittest.TestCase):
    def test_amounts_are_read_as_they_are_written(self):
        for amount, text in ((0, "0"), (1, "0.000000001"), (3_500_000_001, "3.500000001"), (10**10, "10")):
            self.assertEqual((units(text), lem(amount)), (amount, text))
        for text in ("", "-1", "1.", ".5", "1.0000000001", "1e3", "١"):
            self.assertRaises(ValueError, units, text)

    def test_numbers_have_one_form(self):
        for value in (0, 127, 128, 1 << 32, (1 << 64) - 1):
            self.assertEqual(Reader(varint(value)).varint(), value)
        for bad in (b"\x80\x00", b"\xff" * 10, b"\x80", varint(1 << 64)):
            self.assertRaises(ValueError, Reader(bad).varint)

    def test_only_what_passes_is_tried_again(self):
        for code, times in (("unreachable", TRIES), ("insufficient", 1)):
            tried = []

            def attempt():
                tried.append(1)
                raise LemmaError(code, "", "")

            self.assertRaises(LemmaError, retrying, attempt, lambda _: None)
            self.assertEqual(len(tried), times)

    def test_events_are_the_same_however_the_stream_is_cut(self):
        stream = b': hello\r\nevent: a\ndata: {"event":"a"}\n\ndata: {"event":"b"}\n\n'
        for cut in range(1, len(stream)):
            pieces = iter([stream[:cut], stream[cut:]])
            self.assertEqual([event["event"] for event, _ in _read_events(pieces)], ["a", "b"])
        self.assertRaises(LemmaError, list, _read_events(iter([b"data: {\n\n"])))
        self.assertRaises(LemmaError, list, _read_events(iter([b"x" * (1 << 20)] * 2)))


if __name__ == "__main__":
    unittest.main()
