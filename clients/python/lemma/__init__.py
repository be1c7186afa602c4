"""Ask a Lemma network for a proof, and check its receipt yourself."""

from .amount import lem, units
from .client import Client, Finished
from .errors import LemmaError
from .keys import SecretKey
from .receipt import ReceiptError, check_receipt
from .transaction import Blob, Cancel, Deploy, Draft, Input, Resources, Run, Signed, Transfer

__all__ = [
    "Blob", "Cancel", "Client", "Deploy", "Draft", "Finished", "Input", "LemmaError", "ReceiptError", "Resources",
    "Run", "SecretKey", "Signed", "Transfer", "check_receipt", "lem", "units",
]
