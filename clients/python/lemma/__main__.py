"""`python -m lemma FILE GROUPKEY`: checks a receipt with no node."""

import json
import sys
from pathlib import Path

from .receipt import ReceiptError, check_receipt

if len(sys.argv) != 3:
    sys.exit("usage: python -m lemma FILE GROUPKEY")
try:
    json.dump(check_receipt(Path(sys.argv[1]).read_bytes(), sys.argv[2]), sys.stdout, indent=2)
    print()
except (ReceiptError, OSError) as error:
    sys.exit(f"refused: {error}")
