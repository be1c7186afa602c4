#!/usr/bin/env bash
# Sends a running devnet at least as many requests as asked for, made by schemathesis (PyPI) from its /openapi.json, and watches
# the memory of the node that answers them. Event streams are left out: they do not end.
#
#   LEMMA=target/debug/lemma ops/api-fuzz.sh [REQUESTS]      20000 unless told
#
# Needs `schemathesis` on the PATH, or SCHEMATHESIS to say where it is. PORT is that of the first node (41400 unless told).
set -euo pipefail
cd "$(dirname "$0")"

requests=${1:-20000}
lemma=${LEMMA:-../target/debug/lemma}
schemathesis=${SCHEMATHESIS:-schemathesis}
config=$PWD/schemathesis.toml
port=${PORT:-41400}
node=http://127.0.0.1:$port
dir=$(mktemp -d)
trap 'kill "$network" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT

"$lemma" genesis new "$dir/net" --base-port "$port" >/dev/null
"$lemma" devnet --dir "$dir/net" >"$dir/devnet.log" 2>&1 &
network=$!
until curl --silent --fail --output /dev/null "$node/ready"; do
    kill -0 "$network" || { cat "$dir/devnet.log"; exit 1; }
    sleep 0.2
done

resident() {
    local pid
    pid=$(pgrep --parent "$network" --full "node-0/config.toml")
    awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"
}

# Before its first block a node is not ready, and says so.
unready=$(curl --silent "$node/metrics" | grep '^lemma_http_responses_total{status="503"' || true)
answered() {
    curl --silent "$node/metrics" | awk '/^lemma_http_responses_total/ { sum += $2 } END { print sum + 0 }'
}

failed=0
round=0
while [ "$(answered)" -lt "$requests" ]; do
    round=$((round + 1))
    (cd "$dir" && "$schemathesis" --config-file "$config" run "$node/openapi.json" --checks all --continue-on-failure \
        --exclude-path-regex 'events$' --max-examples "${EXAMPLES:-200}" --workers 2 --seed "$round" \
        --suppress-health-check all --warnings off) >"$dir/round.log" 2>&1 || failed=1
    grep -E 'generated|No issues|FAILURES' "$dir/round.log" || true
    [ "$failed" = 0 ] || { cat "$dir/round.log"; exit 1; }
    echo "round $round: $(answered) answers, node-0 has $(resident) KiB resident"
done
curl --silent "$node/metrics" | grep '^lemma_http_responses_total'
if curl --silent "$node/metrics" | grep '^lemma_http_responses_total{status="5' | grep --invert-match --line-regexp --fixed-strings "$unready"; then
    echo "the node answered with server errors" >&2
    exit 1
fi
