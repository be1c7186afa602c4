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

# Rebuild the artifacts of programs/ and write them.
programs *arguments:
    cargo xtask programs {{arguments}}

# Guests of SP1 on a network, proved and verified: hours, and 18 GiB of memory.
sp1 *arguments:
    programs/sp1/run.sh {{arguments}}

# Try to get out of the sandbox, in every known way; as root also as an ordinary user.
escape:
    cargo run --release --package executor --features native --example escape

# What the sandbox costs: compute inside against outside, and the start.
sandbox-bench *arguments:
    cargo run --release --package executor --features native --example sandbox-bench -- {{arguments}}
