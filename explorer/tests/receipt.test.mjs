// The module that checks receipts, and the draw that the page repeats, without a browser.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { deriver } from "../site/blake3.js";
import { hex, repeat, unhex } from "../site/draw.js";
import { check } from "../site/receipt-module.js";

const here = (name) => path.resolve(import.meta.dirname, name);
const fixture = (name) => readFile(here(`../../receipt/tests/fixtures/${name}`));

const module = await WebAssembly.compile(await readFile(here("../site/receipt.wasm")));
const key = unhex((await fixture("group.key")).toString().trim());

test("receipts that hold are told with their draw and their verdicts", async () => {
  const { checked: told } = await check(module, await fixture("verified.receipt"), key);
  assert.equal(told.checked.state, "verified");
  assert.equal(told.verdicts.filter((it) => it.signed).length, told.checked.proof.verdicts);
  assert.equal((await check(module, await fixture("failed.receipt"), key)).checked.checked.state, "failed");
  assert.equal((await check(module, await fixture("test.receipt"), key)).checked.draw, null);
});

test("the draw is repeated to the prover that was drawn, and a changed one names others", async () => {
  const { checked: told } = await check(module, await fixture("verified.receipt"), key);
  const draw = { ...told.draw, workload: told.checked.workload };
  assert.equal((await repeat(draw)).winner, told.checked.attempts.at(-1).prover);
  const winners = new Set();
  for (let attempt = 1; attempt <= 40; attempt += 1) winners.add((await repeat({ ...draw, attempt })).winner);
  assert.equal(winners.size, draw.candidates.length);
  assert.equal(await repeat({ ...draw, candidates: [{ ...draw.candidates[0], tickets: 1e9 }] }), null);
});

test("a receipt with a flipped bit is refused, wherever it is", async () => {
  const good = await fixture("verified.receipt");
  for (let place = 0; place < good.length; place += 97) {
    const tampered = Buffer.from(good);
    tampered[place] ^= 1 << (place % 8);
    const { refused } = await check(module, tampered, key);
    assert.ok(refused, `byte ${place}`);
  }
});

test("what is cut, another file, and another key are refused with the reason", async () => {
  const good = await fixture("verified.receipt");
  assert.match((await check(module, good.subarray(0, good.length - 1), key)).refused, /damaged/);
  assert.match((await check(module, Buffer.from("PK"), key)).refused, /not a receipt/);
  assert.match((await check(module, Buffer.alloc(0), key)).refused, /not a receipt/);
  assert.match((await check(module, good, new Uint8Array(96))).refused, /key/);
  assert.match((await check(module, { length: 2 ** 30 }, key)).refused, /longer/);
});

test("BLAKE3 derives what its authors' test vectors say", () => {
  const derive = deriver("BLAKE3 2019-12-27 16:29:52 test vectors context");
  const vectors = {
    0: "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d",
    1: "b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c",
    1024: "7356cd7720d5b66b6d0697eb3177d9f8d73a4a5c5e968896eb6a689684302706",
  };
  for (const [length, expected] of Object.entries(vectors)) {
    assert.equal(hex(derive(Uint8Array.from({ length }, (_, n) => n % 251))), expected, length);
  }
});
