#!/bin/sh
# Builds the guests into ../artifacts. Without SP1's own toolchain: Debian's rustc-web, cargo-web and rust-web-src bring a
# compiler with the source of std for it, and the linker is that of any Rust toolchain or package `lld`.
set -eu
cd "$(dirname "$0")"
RUSTC=${GUEST_RUSTC:-/usr/bin/rustc} CARGO=${GUEST_CARGO:-/usr/bin/cargo}
for tool in "$RUSTC" "$CARGO"; do
    [ -x "$tool" ] || { echo "$tool is missing: apt install rustc-web cargo-web rust-web-src, or set GUEST_RUSTC and GUEST_CARGO" >&2; exit 1; }
done
LINKER=${GUEST_LINKER:-$(find "$(rustc --print sysroot)" -name rust-lld | head -1)}
[ -n "$LINKER" ] || { echo "no rust-lld: set GUEST_LINKER" >&2; exit 1; }

TARGET=riscv64im-succinct-zkvm-elf
FOLDER=${CARGO_TARGET_DIR:-$PWD/../target}/guests
# One core has no atomics to lower to; the stack ends at 0x78000000, where SP1 wants the program to begin. The paths of this
# machine would end in the messages of panics, and so in the guests' keys.
FLAGS="-Cpasses=lower-atomic -Clink-arg=--image-base=2013265920 -Cpanic=abort --cfg=getrandom_backend=\"custom\""
FLAGS="$FLAGS --remap-path-prefix=$PWD=/guests --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
RUSTC=$RUSTC RUSTC_BOOTSTRAP=1 RUSTFLAGS=$FLAGS CARGO_TARGET_DIR=$FOLDER \
    CARGO_TARGET_RISCV64IM_SUCCINCT_ZKVM_ELF_LINKER=$LINKER \
    "$CARGO" build --locked --release -Zjson-target-spec -Zbuild-std=std,panic_abort -Zbuild-std-features=compiler-builtins-mem \
        --target "$TARGET.json" "$@"
for guest in hash-chain ed25519-batch; do
    install -m 644 "$FOLDER/$TARGET/release/$guest" "../artifacts/$guest.elf"
done
