#!/usr/bin/env bash
# Each client does one run on one devnet, and each checks the receipts of the others. Needs the program `lemma` (or LEMMA=path of
# it), npm with the packages of typescript/, and python3 with those of python/ (or PYTHON=path of it).
set -euo pipefail
cd "$(dirname "$0")"
lemma=${LEMMA:-lemma}
python=${PYTHON:-python3}
port=${PORT:-26600}
work=$(mktemp -d)
"$lemma" genesis new "$work/net" --base-port "$port" >"$work/genesis.txt"
"$lemma" devnet --dir "$work/net" >"$work/devnet.txt" 2>&1 &
devnet=$!
trap 'kill $devnet; wait $devnet || true; rm -r "$work"' EXIT

export LEMMA_NODE=http://127.0.0.1:$port LEMMA_KEY=$work/net/user.key LEMMA_RECEIPTS=$work/receipts
mkdir "$LEMMA_RECEIPTS"
until curl --silent --fail --output /dev/null "$LEMMA_NODE/health"; do
    kill -0 $devnet # Ends here, and says so, if it does not run.
    sleep 0.5
done

# The second time it finds the receipt of the other.
(cd typescript && npm run build)
(cd typescript && node --test test/devnet.test.mjs)
(cd python && "$python" -m unittest tests.test_devnet)
(cd typescript && node --test test/devnet.test.mjs)
group_key=$(curl --silent "$LEMMA_NODE/v1/status" | "$python" -c 'import json, sys; print(json.load(sys.stdin)["group_key"])')
program=$("$lemma" program deploy --name backwards --prover ../programs/artifacts/trivial/prover.wasm \
    --verifier ../programs/artifacts/trivial/verifier.wasm --proof-system rust --json |
    "$python" -c 'import json, sys; print(json.load(sys.stdin)["program"])')
"$lemma" run "$program" --input statement:hex:00ff --max-fee 5 --watch --receipt "$LEMMA_RECEIPTS/rust.receipt"

# check RECEIPT REFUSALS: fails unless so many of the three refuse it.
check() {
    local found=0
    "$lemma" receipt verify "$1" --key "$group_key" >/dev/null || found=$((found + 1))
    (cd python && "$python" -m lemma "$1" "$group_key" >/dev/null) || found=$((found + 1))
    (cd typescript && node --input-type=module -e 'import { checkReceipt } from "./dist/index.js"
import { readFileSync } from "node:fs"
checkReceipt(readFileSync(process.argv[1]), process.argv[2])' "$1" "$group_key") || found=$((found + 1))
    echo "$(basename "$1"): refused by $found of 3"
    [[ $found == "$2" ]]
}

for receipt in "$LEMMA_RECEIPTS"/*.receipt; do
    check "$receipt" 0
    "$python" -c 'import sys
good = bytearray(open(sys.argv[1], "rb").read())
good[len(good) // 2] ^= 1
open(sys.argv[2], "wb").write(good)' "$receipt" "$work/tampered.receipt"
    check "$work/tampered.receipt" 3 2>"$work/refusals.txt"
done
echo "all clients agree"
