# Short names for long commands. Nothing needs this file: each line works on its own.

# List the recipes.
default:
    @just --list

# What .ci/run runs.
ci:
    .ci/run

# All tests.
test:
    cargo test --workspace

# Format and lints.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# The rules of the repository that the compiler does not know.
tidy:
    cargo xtask tidy

# A local network does one run from submission to receipt.
demo *arguments:
    cargo run -- demo {{arguments}}

# A local network that stays.
devnet *arguments:
    cargo run -- devnet {{arguments}}

# A GiB from node to node, once with the receiver killed in the middle, beside a plain TCP copy.
blob-race mib="1024":
    cargo build --release --package lemma --bin lemma --example blob_race
    cargo run --release --package lemma --example blob_race -- {{mib}}

# A simulated network, from a seed.
sim *arguments:
    cargo run --package sim -- {{arguments}}

# Many random sequences of deeds against a crate's model: 10000 over night, a million over a weekend. `seed` is where they begin.
soak package count seed="0":
    LEMMA_{{uppercase(package)}}_SEED={{seed}} LEMMA_{{uppercase(package)}}_SEQUENCES={{count}} \
        cargo test --release --package {{package}} --lib -- sequences

# The full amounts: before an issue is closed.
full: ci
    cargo xtask tidy --full
    cargo xtask programs --check
    cargo test --package receipt --test every_byte -- --ignored
    cargo run --package sim -- --seeds 0..100
    cargo run -- demo --nodes 7 --workloads 20
    just explorer-test resume clients ops-check

# Rebuild the artifacts of programs/ and write them.
programs *arguments:
    cargo xtask programs {{arguments}}

# Guests of SP1 on a network, proved and verified: hours, and 18 GiB of memory.
sp1 *arguments:
    programs/sp1/run.sh {{arguments}}

# Try to get out of the sandbox, in every known way; as root also as an ordinary user.
escape:
    cargo run --release --package executor --features native --example escape

# Every bad input, one after the other on one node of a local network; then a real workload verifies and nothing is left.
bad-inputs:
    cargo build --package lemma --bin lemma --example bad_inputs
    cargo run --package lemma --example bad_inputs

# Kills a program, its sandbox and a whole node while a workload is proved; each is verified all the same.
kills:
    cargo build --package lemma --bin lemma --example bad_inputs
    cargo run --package lemma --example bad_inputs -- kills

# A client that is killed in the middle of a run goes on with it on a local network: one workload, one charge.
resume:
    cargo test --package lemma --test resume -- --ignored

# A node that alters its proofs: rejected by certificate, slashed, and another prover's is verified. Known programs unless told.
faulty-node *arguments:
    cargo build --package lemma --bin lemma --example faulty_node
    cargo run --package lemma --example faulty_node -- show {{arguments}}

# The verifiers of programs/ in the node's WebAssembly against the same source compiled for this machine.
verifier-bench *arguments:
    cd programs/bench && cargo bench -- {{arguments}}

# What the sandbox costs: compute inside against outside, and the start.
sandbox-bench *arguments:
    cargo run --release --package executor --features native --example sandbox-bench -- {{arguments}}

# Many requests from the API's own description to a devnet; the node's memory is watched. Needs schemathesis from PyPI.
api-fuzz requests="20000":
    cargo build --bin lemma
    LEMMA={{justfile_directory()}}/target/debug/lemma ops/api-fuzz.sh {{requests}}

# The documentation as a book, in docs/book/.
book:
    .ci/book

# The clients in other languages against a devnet. Needs npm, and python3 with the packages of clients/python.
clients:
    cd clients/typescript && npm ci && npm test
    cd clients/python && python3 -m unittest tests.test_offline tests.test_lists && mypy && ./generate.sh --check
    cargo build --bin lemma
    LEMMA={{justfile_directory()}}/target/debug/lemma clients/e2e.sh

# Load on the API of a local network's node: open event streams and reads at a rate. Needs wrk and python3.
api-load streams="1000" rate="2000" seconds="30":
    cargo build --release --bin lemma
    LEMMA={{justfile_directory()}}/target/release/lemma ops/api-load.sh {{streams}} {{rate}} {{seconds}}

# Drive a browser through the explorer of a local network. Needs node and chromium.
explorer-test:
    cargo build
    cd explorer/tests && npm ci --no-audit --no-fund && SHOTS="${SHOTS:-{{justfile_directory()}}/target/screenshots}" npm test

# Rebuild the check of receipts that the explorer runs in the browser; --check compares. Needs clang.
explorer-receipt *arguments:
    receipt/wasm/build.sh {{arguments}}

# Alerts, dashboard and manifests, against promtool, a local network and Kubernetes' schema. Needs Debian's prometheus and PyPI's
# kubernetes-validate.
ops-check:
    cargo build --bin lemma
    LEMMA={{justfile_directory()}}/target/debug/lemma ops/check.sh
