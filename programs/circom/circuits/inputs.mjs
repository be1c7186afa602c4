// An input for each circuit.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** 6 · 7. */
export const product = () => ({ a: "6", b: "7", tag: "2026" });

/** The 300,001st of a million leaves, beside siblings that are any numbers. */
export async function merkle() {
  const { poseidon1, poseidon2 } = require("poseidon-lite");
  const [secret, index] = [123456789n, 300001n];
  const siblings = Array.from({ length: 20 }, (_, level) => BigInt(level + 1) ** 3n);
  const root = siblings.reduce(
    (node, sibling, level) => poseidon2((index >> BigInt(level)) & 1n ? [sibling, node] : [node, sibling]),
    poseidon1([secret]),
  );
  return { root, secret, index, siblings };
}

/** Sixty-four letters. */
export function sha256() {
  const text = Buffer.from("Anyone can have a zero-knowledge proof made, and anyone check it");
  return { bits: [...text].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1)) };
}
