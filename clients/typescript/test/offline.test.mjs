// What needs no network: signing byte for byte as `lemma` does, and receipts of which no byte can be changed.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { LemmaError, ReceiptError, SecretKey, checkReceipt, fromHex, lem, sign, toHex, units } from '../dist/index.js';
import { Reader, varint } from '../dist/bytes.js';
import { readEvents, retrying } from '../dist/http.js';

const root = new URL('../../../', import.meta.url);
const fixture = (name) => readFile(new URL(`receipt/tests/fixtures/${name}`, root));
const vectors = JSON.parse(await readFile(new URL('clients/vectors/transactions.json', root), 'utf8'));
const key = (await fixture('group.key')).toString().trim();

const blob = ({ blob: id, size }) => ({ blob: fromHex(id), size: BigInt(size) });

const calls = {
  transfer: ({ to, amount }) => ({ transfer: { to: fromHex(to), amount: units(amount) } }),
  cancel: ({ workload }) => ({ cancel: { workload: fromHex(workload) } }),
  deploy: (told) => ({
    deploy: {
      name: told.name, proofSystem: told.proof_system, runtime: 'wasm',
      prover: blob(told.prover), verifier: blob(told.verifier), fuelLimit: BigInt(told.fuel_limit),
    },
  }),
  run: (told) => ({
    run: {
      program: fromHex(told.program), arguments: fromHex(told.arguments),
      inputs: told.inputs.map((input) => ({
        role: input.role, ...('blob' in input ? blob(input) : { inline: fromHex(input.inline) }),
      })),
      resources: {
        cpus: told.resources.cpus, memoryMib: told.resources.memory_mib, diskMib: told.resources.disk_mib,
        gpus: told.resources.gpus, gpuClass: told.resources.gpu_class,
      },
      computeMaxMs: BigInt(told.compute_max_ms), feeMax: units(told.fee_max),
    },
  }),
};

test('every call is signed byte for byte as the command line does', () => {
  const secret = new SecretKey(fromHex(vectors.secret));
  const head = {
    chain: fromHex(vectors.chain), nonce: BigInt(vectors.nonce), validUntil: BigInt(vectors.valid_until),
    feeLimit: units(vectors.fee_limit),
  };
  assert.equal(vectors.transactions.length, 4);
  for (const { name, call, bytes, id } of vectors.transactions) {
    const signed = sign({ ...head, call: calls[name](call) }, secret);
    assert.equal(toHex(signed.bytes), bytes, name);
    assert.equal(toHex(signed.id), id, name);
  }
});

test('what is too large is not signed', () => {
  const secret = new SecretKey(fromHex(vectors.secret));
  const head = { chain: new Uint8Array(32), nonce: 0n, validUntil: 1n, feeLimit: 1n };
  const run = (inputs) => ({
    run: { program: new Uint8Array(32), inputs, resources: { cpus: 1, memoryMib: 1 }, computeMaxMs: 1n, feeMax: 1n },
  });
  const input = (length) => ({ role: 'statement', inline: new Uint8Array(length) });
  sign({ ...head, call: run([input(4096)]) }, secret);
  assert.throws(() => sign({ ...head, call: run([input(4097)]) }, secret), RangeError);
  assert.throws(() => sign({ ...head, call: run(Array(17).fill(input(0))) }, secret), RangeError);
  assert.throws(() => sign({ ...head, call: { transfer: { to: new Uint8Array(31), amount: 1n } } }, secret), RangeError);
  assert.throws(() => sign({ ...head, call: { transfer: { to: new Uint8Array(32), amount: 1n << 64n } } }, secret), RangeError);
});

test("a key file is its owner's alone, and its secret is not shown", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lemma-'));
  try {
    const path = join(folder, 'user.key');
    await writeFile(path, `${vectors.secret}\n`, { mode: 0o600 });
    const secret = await SecretKey.read(path);
    assert.ok(!(inspect(secret) + JSON.stringify(secret)).includes(vectors.secret.slice(0, 8)));
    await chmod(path, 0o644);
    await assert.rejects(SecretKey.read(path), /chmod 600/);
    await chmod(path, 0o600);
    await writeFile(path, 'no key');
    await assert.rejects(SecretKey.read(path), /holds no key/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the frozen receipts hold', async () => {
  for (const [name, state] of [['verified', 'verified'], ['failed', 'failed'], ['test', 'verified']]) {
    assert.equal(checkReceipt(await fixture(`${name}.receipt`), key).state, state);
  }
});

// Pairings make it long: LEMMA_STRIDE=1 changes every byte.
test('no changed byte is let pass', async () => {
  const good = await fixture('verified.receipt');
  for (let at = 0; at < good.length; at += Number(process.env.LEMMA_STRIDE ?? 7)) {
    const bad = Uint8Array.from(good);
    bad[at] ^= 1 << at % 8;
    assert.throws(() => checkReceipt(bad, key), ReceiptError, `byte ${at}`);
  }
});

test('cut, longer and other files and keys are refused', async () => {
  const good = Uint8Array.from(await fixture('verified.receipt'));
  const cut = [good.subarray(0, 0), good.subarray(0, 13), good.subarray(0, -1), Uint8Array.from([...good, 0])];
  for (const bad of cut) assert.throws(() => checkReceipt(bad, key), ReceiptError);
  for (const other of ['', '00'.repeat(96), key.slice(2), `c0${'00'.repeat(95)}`, vectors.secret]) {
    assert.throws(() => checkReceipt(good, other), ReceiptError);
  }
});

test('amounts are read as they are written', () => {
  for (const [amount, text] of [[0n, '0'], [1n, '0.000000001'], [3_500_000_001n, '3.500000001'], [10n ** 10n, '10']]) {
    assert.equal(units(text), amount);
    assert.equal(lem(amount), text);
  }
  for (const text of ['', '-1', '1.', '.5', '1.0000000001', '1e3']) assert.throws(() => units(text), RangeError);
});

test('numbers have one form', () => {
  for (const value of [0n, 127n, 128n, 1n << 32n, (1n << 64n) - 1n]) assert.equal(new Reader(varint(value)).varint(), value);
  const bad = [Uint8Array.of(0x80, 0), new Uint8Array(10).fill(0xff), Uint8Array.of(0x80), varint(1n << 64n)];
  for (const bytes of bad) assert.throws(() => new Reader(bytes).varint(), RangeError);
});

test('only what passes is tried again', async () => {
  for (const [code, times] of [['unreachable', 5], ['insufficient', 1]]) {
    let tried = 0;
    const attempt = async () => {
      tried += 1;
      throw new LemmaError(code, '', '');
    };
    await assert.rejects(retrying(attempt, async () => {}), LemmaError);
    assert.equal(tried, times);
  }
});

test('events are the same however the stream is cut', async () => {
  const read = async (...pieces) => {
    const events = [];
    for await (const event of readEvents((async function* () { yield* pieces; })())) events.push(event.data.event);
    return events;
  };
  const stream = new TextEncoder().encode(': hello\r\nevent: a\ndata: {"event":"a"}\n\ndata: {"event":"b"}\n\n');
  for (let cut = 1; cut < stream.length; cut += 1) {
    assert.deepEqual(await read(stream.subarray(0, cut), stream.subarray(cut)), ['a', 'b']);
  }
  await assert.rejects(read(new TextEncoder().encode('data: {\n\n')), LemmaError);
  await assert.rejects(read(new Uint8Array(2 << 20).fill(97)), LemmaError);
});
