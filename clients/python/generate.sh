#!/usr/bin/env bash
# Writes lemma/api.py, the types of the API, from its OpenAPI description; with --check only compares.
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
datamodel-codegen --input ../../api/openapi.json --input-file-type openapi --output-model-type typing.TypedDict \
    --target-python-version 3.11 --disable-timestamp --formatters builtin --naming-strategy parent-prefixed --no-use-closed-typed-dict --use-schema-description --output "$out/api.py"
if [[ "${1:-}" == --check ]]; then
    diff -u lemma/api.py "$out/api.py"
else
    cp "$out/api.py" lemma/api.py
fi
