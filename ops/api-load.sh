#!/usr/bin/env bash
# Load on the API of one node of a local network that has runs to prove: many open event streams, and mixed reads at a rate.
# Prints what was answered, how fast, what the streams heard, the node's memory, and blocks per second before and during it.
#
#   LEMMA=target/release/lemma ops/api-load.sh [STREAMS] [READS_PER_SECOND] [SECONDS]      1000, 2000, 30 unless told
#
# Needs wrk and python3. PORT is that of the first node (41500 unless told).
set -euo pipefail
cd "$(dirname "$0")"

streams=${1:-1000}
rate=${2:-2000}
seconds=${3:-30}
connections=256
lemma=$(realpath "${LEMMA:-../target/release/lemma}")
port=${PORT:-41500}
node=http://127.0.0.1:$port
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
ulimit -n "$(ulimit -Hn)"

"$lemma" genesis new "$dir/net" --base-port "$port" >/dev/null
config=$dir/net/node-0/config.toml
sed -i "s/^connections_max = .*/connections_max = $((2 * streams + 1024))/; s/^streams_max = .*/streams_max = $((streams + 64))/" "$config"
"$lemma" devnet --dir "$dir/net" >"$dir/devnet.log" 2>&1 &
network=$!
until curl --silent --fail --output /dev/null "$node/ready"; do
    kill -0 "$network" || { cat "$dir/devnet.log"; exit 1; }
    sleep 0.2
done

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
status() { curl --silent "$node/v1/status" | field "$1"; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$(pgrep --parent "$network" --full node-0/config.toml)/status"; }
# blocks SECONDS: blocks per second meanwhile.
blocks() {
    local before
    before=$(status height)
    sleep "$1"
    echo "$(($(status height) - before)) $1" | awk '{ printf "%.2f", $1 / $2 }'
}

export LEMMA_NODE=$node LEMMA_KEY=$dir/net/user.key
program=$("$lemma" program deploy --name backwards --prover ../programs/artifacts/trivial/prover.wasm \
    --verifier ../programs/artifacts/trivial/verifier.wasm --proof-system rust --json | field program)
run() { "$lemma" run "$program" --input statement:hex:00ff --max-fee 5 --watch --json; }
workload=$(run 2>/dev/null | field transaction)
account=$(curl --silent "$node/v1/workloads/$workload" | python3 -c 'import json, sys; print(json.load(sys.stdin)["run"]["sender"])')
# One run after the other, so that blocks have work and streams have events.
(while run >>"$dir/runs.log" 2>&1; do :; done) &

echo "before: $(blocks 10) blocks/s, $(resident) KiB resident"
python3 event-streams.py "127.0.0.1:$port" "$streams" >"$dir/streams.json" &
listeners=$!
until [ -s "$dir/streams.json" ] || ! kill -0 "$listeners" 2>/dev/null; do sleep 0.1; done
head -n 1 "$dir/streams.json"
cat >"$dir/reads.lua" <<LUA
local paths = {
    "/v1/status", "/v1/params", "/v1/provers", "/v1/validators", "/v1/blocks?limit=20", "/v1/blocks/5", "/v1/workloads?limit=20",
    "/v1/workloads/$workload", "/v1/workloads/$workload/receipt", "/v1/programs/$program", "/v1/accounts/$account",
    "/v1/accounts/$account/movements?limit=20",
}
local next = 0
function request()
    next = next % #paths + 1
    return wrk.format("GET", paths[next])
end
-- Requests have places in time, as many in a second as asked for: a connection that is free takes the next and waits for it.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s, us; } timeval; int gettimeofday(timeval *, void *);")
local time = ffi.new("timeval")
local place = 0
function delay()
    ffi.C.gettimeofday(time, nil)
    local now = tonumber(time.s) * 1000 + tonumber(time.us) / 1000
    place = math.max(place + 1000 / $rate, now)
    return math.floor(place - now)
end
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("reads: %.0f/s, p50 %.1f ms, p99 %.1f ms, worst %.1f ms; %d of %d were no success\n",
        summary.requests * 1e6 / summary.duration, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        latency.max / 1000, errors.status + errors.connect + errors.read + errors.write + errors.timeout, summary.requests))
end
LUA
wrk --threads 1 --connections "$connections" --duration "${seconds}s" --timeout 10s --script "$dir/reads.lua" "$node" >"$dir/reads.log" &
reader=$!
echo "during: $(blocks "$((seconds - 2))") blocks/s, $(resident) KiB resident"
wait "$reader"
tail -n 1 "$dir/reads.log"
kill -TERM "$listeners"
wait "$listeners" || true
tail -n 1 "$dir/streams.json"
echo "runs verified meanwhile: $(grep -c '"transaction"' "$dir/runs.log" || true)"
echo "after: $(blocks 10) blocks/s, $(resident) KiB resident"
