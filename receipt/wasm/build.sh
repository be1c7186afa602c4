#!/usr/bin/env bash
# Builds the check of receipts for browsers into explorer/site/receipt.wasm; with --check compares instead of writing.
#
# Needs clang and llvm-ar (the BLS library is C), perl, and either a toolchain with the target wasm32-unknown-unknown or Debian's
# rustc-web, cargo-web and rust-web-src with a linker for WebAssembly (rust-lld of any rustup toolchain, or lld).
set -euo pipefail
cd "$(dirname "$0")"

root=$(cd ../.. && pwd)
target=wasm32-unknown-unknown
artifact=$root/explorer/site/receipt.wasm
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
export CC_wasm32_unknown_unknown=${CC_wasm32_unknown_unknown:-clang}
export AR_wasm32_unknown_unknown=${AR_wasm32_unknown_unknown:-llvm-ar}

rustc=rustc cargo=cargo options=()
if [[ ! -d $(rustc --print sysroot)/lib/rustlib/$target/lib ]]; then
    rustc=/usr/bin/rustc cargo=/usr/bin/cargo
    linker=$(find -L "${RUSTUP_HOME:-$HOME/.rustup}/toolchains" -name rust-lld 2>/dev/null | sort | tail -1)
    export RUSTC=$rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=${linker:-lld}
    options=(-Zbuild-std=std,panic_abort)
fi

"$cargo" rustc --lib --release --locked --target "$target" "${options[@]}"
built=$CARGO_TARGET_DIR/$target/release/receipt_wasm.wasm
made=$CARGO_TARGET_DIR/$target/release/receipt.wasm
cp "$built" "$made"

# Folders of the machine that built it are overwritten by neutral ones of the same length: places of panics name files.
neutral() {
    FROM=$1 TO=$2 perl -0777 -pi -e 's/\Q$ENV{FROM}\E/substr($ENV{TO} . "\/" x length($ENV{FROM}), 0, length($ENV{FROM}))/ge' "$made"
}
neutral "$root" /lemma
neutral "$CARGO_TARGET_DIR" /target
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    neutral "$registry" /crates
done

if [[ ${1:-} == --check ]]; then
    cmp "$made" "$artifact"
else
    cp "$made" "$artifact"
fi
"$rustc" --version
sha256sum "$made" | cut -d' ' -f1
