#!/usr/bin/env bash
# Builds an image of a node out of a program that was built on this machine: `ops/container.sh target/release/lemma lemma:0.1.0`.
# Needs buildah and no registry: there is no base image. BUILDAH_FLAGS such as `--storage-driver vfs --isolation chroot`.
set -euo pipefail
program=${1:?the program, such as target/release/lemma}
image=${2:-lemma}
here=$(cd "$(dirname "$0")" && pwd)
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

root=$context/root
mkdir -p "$root/usr/local/bin" "$root/etc/lemma" "$root/tmp" "$context/data"
chmod 1777 "$root/tmp"
install -m 755 "$program" "$root/usr/local/bin/lemma"
# The loader and the libraries, where the program looks for them.
ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
    install -D -m 755 "$(readlink -f "$library")" "$root$library"
done
echo 'lemma:x:10001:10001::/var/lib/lemma:/usr/sbin/nologin' >"$root/etc/passwd"
echo 'lemma:x:10001:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"

# shellcheck disable=SC2086 # flags are words
buildah ${BUILDAH_FLAGS:-} build --file "$here/Containerfile" --tag "$image" "$context"
