#!/usr/bin/env bash
# Guests on a network: builds the prover, starts a network unless told of one, deploys, runs each guest, waits until it is
# verified, and asks SP1's own verifier about the proof and about a tampered one.
#
#   run.sh [GUEST…]                            both guests, or those named; a network of its own, in target/net
#   run.sh --node URL --key FILE [GUEST…]      on a node that runs, and who pays
#
# A run needs 18 GiB of free memory and, on two quiet cores, about a quarter of an hour.
set -euo pipefail
cd "$(dirname "$0")"

MEMORY=18GiB TIME=3h FEE=10000 FUEL=2000000000 PORT=${PORT:-27600}
TARGET=${CARGO_TARGET_DIR:-$PWD/target}
PROVER=$TARGET/x86_64-unknown-linux-gnu/release/sp1
LEMMA=${LEMMA:-lemma}
node='' key='' guests=()

fail() { echo "$*" >&2; exit 1; }

while (($#)); do
    case $1 in
        --node) node=${2:?--node URL}; shift 2 ;;
        --key) key=${2:?--key FILE}; shift 2 ;;
        hash-chain | ed25519-batch) guests+=("$1"); shift ;;
        *) sed -n '2,8s/^# \{0,1\}//p' run.sh; [[ $1 == --help || $1 == -h ]] && exit 0; exit 2 ;;
    esac
done
[[ -n $node && -z $key ]] && fail "--node needs --key: who pays"
command -v "$LEMMA" >/dev/null || fail "no lemma: cargo install --path lemma, or set LEMMA"
command -v protoc >/dev/null || fail "no protoc, which SP1's crates need: apt install protobuf-compiler"

# SP1's build makes a second executor unless told of one. This prover interprets and never starts it, so any file will do.
SP1_CORE_RUNNER_OVERRIDE_BINARY=$(type -P true) CARGO_TARGET_DIR=$TARGET \
    RUSTFLAGS="-C target-feature=+crt-static -C target-cpu=x86-64-v3" \
    cargo build --locked --release --bin sp1 --target x86_64-unknown-linux-gnu
CARGO_TARGET_DIR=$TARGET cargo build --locked --release --no-default-features --example check

if [[ -z $node ]]; then
    node=http://127.0.0.1:$PORT key=$TARGET/net/user.key
    [[ -d $TARGET/net ]] || "$LEMMA" genesis new "$TARGET/net" --memory "$MEMORY" --base-port "$PORT" --param epoch_blocks=65536
    "$LEMMA" devnet --dir "$TARGET/net" >"$TARGET/net.log" 2>&1 &
    network=$!
    trap 'kill "$network"; wait "$network" || true' EXIT
    until "$LEMMA" status --json --node "$node" 2>/dev/null | grep -q '"height": *[1-9]'; do
        kill -0 "$network" || fail "the network did not start: see $TARGET/net.log"
        sleep 1
    done
fi
export LEMMA_NODE=$node LEMMA_KEY=$key

field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -1; }

program=$("$LEMMA" program deploy --json --name sp1 --proof-system sp1-compressed/6.10 --fuel "$FUEL" \
    --runtime linux-x86_64 --prover "$PROVER" --verifier artifacts/verifier.wasm | field program)
echo "program $program"

((${#guests[@]})) || guests=(hash-chain ed25519-batch)
for guest in "${guests[@]}"; do
    proof=$TARGET/proofs/$guest
    mkdir -p "$proof"
    "$PROVER" "artifacts/$guest.elf" >"$proof/key.hex"
    ended=$("$LEMMA" run "$program" --json --watch --cpus 2 --memory "$MEMORY" --max-time "$TIME" --max-fee "$FEE" \
        --input "statement:hex:$(cat "$proof/key.hex")" --input "witness:file:artifacts/$guest.elf" \
        --input "witness:file:inputs/$guest")
    workload=$(field workload <<<"$ended")
    "$LEMMA" proof get "$workload" -o "$proof/proof"
    "$LEMMA" proof get "$workload" --part public -o "$proof/public"
    basenc --base16 -di <<<"$(tr a-f A-F <"$proof/key.hex")" >"$proof/key"
    echo "$guest: workload $workload verified"
    "$TARGET/release/examples/check" "$proof/key" "$proof/public" "$proof/proof"
    head -c 600000 "$proof/proof" >"$proof/tampered"
    printf '\1\2\3\4' >>"$proof/tampered"
    tail -c +600005 "$proof/proof" >>"$proof/tampered"
    if "$TARGET/release/examples/check" "$proof/key" "$proof/public" "$proof/tampered" 2>"$proof/refused"; then
        fail "SP1 accepts a tampered proof"
    fi
    echo "SP1 refuses a tampered one: $(tail -1 "$proof/refused")"
    (cd checks && SP1_PROOF=$proof cargo test --locked -- --include-ignored)
done
