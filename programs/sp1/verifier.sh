#!/bin/sh
# Builds the verifier into artifacts/verifier.wasm, with the same tools as the guests: see guests/build.sh.
set -eu
cd "$(dirname "$0")"
RUSTC=${GUEST_RUSTC:-/usr/bin/rustc} CARGO=${GUEST_CARGO:-/usr/bin/cargo}
for tool in "$RUSTC" "$CARGO"; do
    [ -x "$tool" ] || { echo "$tool is missing: apt install rustc-web cargo-web rust-web-src, or set GUEST_RUSTC and GUEST_CARGO" >&2; exit 1; }
done
LINKER=${GUEST_LINKER:-$(find "$(rustc --print sysroot)" -name rust-lld | head -1)}
[ -n "$LINKER" ] || { echo "no rust-lld: set GUEST_LINKER" >&2; exit 1; }

TARGET=wasm32-unknown-unknown
FOLDER=${CARGO_TARGET_DIR:-$PWD/target}/verifier
# The paths of this machine would end in the messages of panics.
FLAGS="--remap-path-prefix=$PWD=/sp1 --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
RUSTC=$RUSTC RUSTC_BOOTSTRAP=1 RUSTFLAGS=$FLAGS CARGO_TARGET_DIR=$FOLDER CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$LINKER \
    "$CARGO" rustc --locked --release --lib --crate-type cdylib -Zbuild-std=std,panic_abort --target "$TARGET" "$@"
mkdir -p artifacts
install -m 644 "$FOLDER/$TARGET/release/sp1.wasm" artifacts/verifier.wasm
