#!/usr/bin/env bash
# Checks the rules with promtool, and that every metric that rules and dashboard name is served by the node at LEMMA_NODE.
set -euo pipefail
cd "$(dirname "$0")"
promtool=${PROMTOOL:-promtool}
"$promtool" check rules alerts.yml
"$promtool" test rules alerts.test.yml
python3 - "$LEMMA_NODE" <<'END'
import json, re, sys, urllib.request
served = urllib.request.urlopen(sys.argv[1] + "/metrics").read().decode()
there = set(re.findall(r"^([a-z_]+)[{ ]", served, re.M))
queries = re.findall(r"expr: (.*)", open("alerts.yml").read())
queries += [target["expr"] for panel in json.load(open("dashboard.json"))["panels"] for target in panel["targets"]]
named = {name for query in queries for name in re.findall(r"\b(?:lemma|node|network|runtime)_[a-z_]+", query)}
missing = sorted(named - there)
print(f"{len(queries)} queries name {len(named)} metrics, of which {len(missing)} are not served", *missing)
sys.exit(bool(missing) or not named)
END
