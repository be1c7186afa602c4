#!/usr/bin/env bash
# Writes transactions.json: what `lemma` signs offline, for the clients in other languages to sign byte for byte.
# Needs the program `lemma` (or LEMMA=path of it). The chain is a new one each time, so all vectors change.
set -euo pipefail
cd "$(dirname "$0")"
lemma=${LEMMA:-lemma}
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
# The first secret key of RFC 8032, section 7.1: nobody's.
secret=9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
(umask 077 && echo "$secret" >"$work/user.key")
"$lemma" genesis new "$work/net" --name vectors >/dev/null
artifacts=../../programs/artifacts/trivial
program=$(printf 'ab%.0s' {1..32})
other=$(printf 'cd%.0s' {1..32})

# signed NAME CALL-AS-JSON COMMAND…
signed() {
    local name=$1 call=$2
    shift 2
    "$lemma" "$@" --key "$work/user.key" --sign-only --genesis "$work/net/genesis.json" \
        --nonce 7 --valid-until 5000 --fee-limit 0.25 --json |
        python3 -c 'import json, sys
name, call = sys.argv[1], json.loads(sys.argv[2])
made = json.load(sys.stdin)
json.dump({"name": name, "call": call, "id": made["transaction"], "bytes": made["bytes"]}, sys.stdout)
print()' "$name" "$call"
}

# The names of blobs as the table of the artifacts has them.
artifact() {
    local path=$artifacts/$1.wasm blob
    blob=$(grep -A4 "trivial/$1.wasm" ../../programs/artifacts/manifest.toml | grep -om1 '[0-9a-f]\{64\}')
    printf '{"blob": "%s", "size": %d}' "$blob" "$(stat -c %s "$path")"
}

{
    signed transfer "{\"to\": \"$other\", \"amount\": \"1.5\"}" transfer "$other" 1.5
    signed deploy "{\"name\": \"äöü\", \"proof_system\": \"none\", \"fuel_limit\": 1000000000,
        \"prover\": $(artifact prover), \"verifier\": $(artifact verifier)}" \
        program deploy --name äöü --proof-system none --prover $artifacts/prover.wasm --verifier $artifacts/verifier.wasm
    signed cancel "{\"workload\": \"$other\"}" cancel "$other"
    signed run "{\"program\": \"$program\", \"arguments\": \"68656c6c6f\", \"inputs\": [
        {\"role\": \"statement\", \"inline\": \"00ff\"},
        {\"role\": \"witness\", \"blob\": \"$other\", \"size\": 123456789012}],
        \"resources\": {\"cpus\": 2, \"memory_mib\": 1024, \"disk_mib\": 3072, \"gpus\": 1, \"gpu_class\": 24},
        \"compute_max_ms\": 90000, \"fee_max\": \"3.500000001\"}" \
        run "$program" --args hello --input statement:hex:00ff --input "witness:blob:$other:123456789012" \
        --cpus 2 --memory 1GiB --disk 3GiB --gpus 1 --gpu-class 24 --max-time 90s --max-fee 3.500000001
} >"$work/transactions"
chain=$("$lemma" genesis show "$work/net/genesis.json" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["chain"])')
python3 - "$chain" "$secret" "$work/transactions" >transactions.json <<'END'
import json, sys
chain, secret, lines = sys.argv[1:]
made = [json.loads(line) for line in open(lines)]
head = {"secret": secret, "chain": chain, "nonce": 7, "valid_until": 5000, "fee_limit": "0.25"}
json.dump(head | {"transactions": made}, sys.stdout, indent=2, ensure_ascii=False)
print()
END
