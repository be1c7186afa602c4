#!/usr/bin/env bash
# Checks the rules with promtool, that every metric which rules and dashboard name is served by a node, and the manifests against
# Kubernetes' schema. Asks the node at LEMMA_NODE; without one, a local network of LEMMA (a program) is started and stopped again.
set -euo pipefail
cd "$(dirname "$0")"
promtool=${PROMTOOL:-promtool}
"$promtool" check rules alerts.yml
"$promtool" test rules alerts.test.yml

if [[ -z "${LEMMA_NODE:-}" ]]; then
    net=$(mktemp -d)
    port=${PORT:-26600}
    "${LEMMA:-lemma}" devnet --dir "$net/net" --base-port "$port" >"$net/log" 2>&1 &
    devnet=$!
    trap 'kill $devnet; wait $devnet || true; rm -rf "$net"' EXIT
    LEMMA_NODE=http://127.0.0.1:$port
    for _ in $(seq 100); do
        curl -sf "$LEMMA_NODE/health" >/dev/null && break
        kill -0 $devnet || { cat "$net/log"; exit 1; }
        sleep 0.2
    done
fi

python3 - "$LEMMA_NODE" <<'END'
import json, re, sys, urllib.request
served = urllib.request.urlopen(sys.argv[1] + "/metrics").read().decode()
there = set(re.findall(r"^(?:# TYPE )?([a-z_]+)[{ ]", served, re.M))
queries = re.findall(r"expr: (.*)", open("alerts.yml").read())
queries += [target["expr"] for panel in json.load(open("dashboard.json"))["panels"] for target in panel["targets"]]
named = {name for query in queries for name in re.findall(r"\b(?:lemma|node|network|runtime)_[a-z_]+", query)}
missing = sorted(named - there)
print(f"{len(queries)} queries name {len(named)} metrics, of which {len(missing)} are not served", *missing)
sys.exit(bool(missing) or not named)
END

"${KUBERNETES_VALIDATE:-kubernetes-validate}" --strict kubernetes/*.yaml
