// One workload from its submission to a receipt that is checked here. Needs LEMMA_NODE, LEMMA_KEY (a funded key file), and for
// receipts of other clients LEMMA_RECEIPTS, a folder: each *.receipt in it is checked, and the own one is added to it.

import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, ReceiptError, SecretKey, checkReceipt, programId, toHex } from '../dist/index.js';

const artifact = (role) => readFile(new URL(`../../../programs/artifacts/trivial/${role}.wasm`, import.meta.url));

async function deployed(client, secret) {
  const [prover, verifier] = [await client.put(await artifact('prover')), await client.put(await artifact('verifier'))];
  const deploy = { name: 'backwards', proofSystem: 'none', runtime: 'wasm', prover, verifier, fuelLimit: 1_000_000_000n };
  await client.send(secret, { deploy }).catch((error) => assert.equal(error.code, 'program-exists'));
  return programId(deploy);
}

async function receipts(own, groupKey) {
  const folder = process.env.LEMMA_RECEIPTS;
  if (!folder) return;
  for (const name of await readdir(folder)) {
    if (name.endsWith('.receipt')) checkReceipt(await readFile(join(folder, name)), groupKey);
  }
  await writeFile(join(folder, 'typescript.receipt'), own);
}

test('a run ends with a receipt that nobody can change', async () => {
  const node = process.env.LEMMA_NODE;
  // On a network that somebody else runs the key comes from a source that you trust, not from a node.
  const { group_key: groupKey } = await new Client(node, '').status();
  const client = new Client(node, groupKey);
  const secret = await SecretKey.read(process.env.LEMMA_KEY);
  const program = await deployed(client, secret);
  const statement = new TextEncoder().encode('typescript'.repeat(1000));
  const inputs = [await client.input('statement', statement), await client.input('witness', Uint8Array.of(1))];
  const steps = [];
  const resources = { cpus: 1, memoryMib: 512 };
  const run = { program, inputs, resources, computeMaxMs: 60_000n };
  const done = await client.run(secret, run, (step) => steps.push(step.event));
  assert.equal(done.checked.state, 'verified');
  assert.equal(done.checked.program, toHex(program));
  assert.deepEqual(Buffer.from(done.proof), Buffer.from(statement).reverse());
  assert.equal(steps[0], 'queued');
  assert.ok(steps.includes('accepted'));
  const bad = Uint8Array.from(done.receipt);
  bad[bad.length >> 1] ^= 1;
  assert.throws(() => checkReceipt(bad, groupKey), ReceiptError);
  await receipts(done.receipt, groupKey);
});
