/** Transactions: made and signed without a node. */

import { blake3 } from '@noble/hashes/blake3.js';
import { Writer, concat, utf8 } from './bytes.js';
import { ARGUMENTS_MAX, INPUTS_MAX, INPUT_INLINE_MAX, TEXT_MAX } from './limits.js';
import type { SecretKey } from './keys.js';

const DOMAIN = 'lemma/transaction/1';
const ID_CONTEXT = 'lemma 1 transaction';

/** An input: bytes of at most 4 KiB, or a blob. A witness goes to the prover alone, but is not confidential. */
export type Input = { role: 'statement' | 'witness' } & (
  | { inline: Uint8Array }
  | { blob: Uint8Array; size: bigint }
);

/** What a run needs. */
export interface Resources {
  cpus: number;
  memoryMib: number;
  diskMib?: number;
  gpus?: number;
  gpuClass?: number;
}

/** One execution of a program. */
export interface Run {
  program: Uint8Array;
  arguments?: Uint8Array;
  inputs: Input[];
  resources: Resources;
  computeMaxMs: bigint;
  /** In units of 10⁻⁹ LEM, the transaction's own fee not counted. */
  feeMax: bigint;
}

/** A program to be deployed; both artifacts are blobs. */
export interface Program {
  name: string;
  proofSystem: string;
  runtime: 'wasm' | 'linux-x86_64';
  prover: { blob: Uint8Array; size: bigint };
  verifier: { blob: Uint8Array; size: bigint };
  fuelLimit: bigint;
}

/** What is asked for. */
export type Call =
  | { transfer: { to: Uint8Array; amount: bigint } }
  | { deploy: Program }
  | { run: Run }
  | { cancel: { workload: Uint8Array } };

/** Everything that a transaction needs but a signature. */
export interface Draft {
  chain: Uint8Array;
  nonce: bigint;
  /** The last block that may hold it. */
  validUntil: bigint;
  /** The most to pay for the transaction itself, in units of 10⁻⁹ LEM. */
  feeLimit: bigint;
  call: Call;
}

/** A transaction as a node takes it, and its name. The name of a run is that of its workload. */
export interface Signed {
  bytes: Uint8Array;
  id: Uint8Array;
}

/** Signs a transaction. */
export function sign(draft: Draft, secret: SecretKey): Signed {
  const value = encode(draft, secret.account);
  const id = blake3(value, { context: utf8(ID_CONTEXT) });
  return { bytes: concat(value, secret.sign(DOMAIN, value)), id };
}

/** The fee of the transaction itself, by its length: both prices as /v1/params tells them, in units. */
export function transactionFee(draft: Draft, base: bigint, perByte: bigint): bigint {
  return base + perByte * BigInt(encode(draft, new Uint8Array(32)).length + 64);
}

/** The name of a program. */
export function programId(program: Program): Uint8Array {
  const writer = new Writer();
  writeProgram(writer, program);
  return blake3(writer.done(), { context: utf8('lemma 1 program') });
}

function encode(draft: Draft, sender: Uint8Array): Uint8Array {
  const writer = new Writer();
  writer.fixed(id(draft.chain)).fixed(sender).u64(draft.nonce).u64(draft.feeLimit).u64(draft.validUntil);
  writeCall(writer, draft.call);
  return writer.done();
}

function writeCall(writer: Writer, call: Call): void {
  if ('transfer' in call) writer.u8(0).fixed(id(call.transfer.to)).u64(call.transfer.amount);
  else if ('deploy' in call) writeProgram(writer.u8(1), call.deploy);
  else if ('run' in call) writeRun(writer.u8(2), call.run);
  else writer.u8(3).fixed(id(call.cancel.workload));
}

function writeProgram(writer: Writer, program: Program): void {
  writer.data(utf8(program.name), TEXT_MAX).data(utf8(program.proofSystem), TEXT_MAX);
  writer.u8(program.runtime === 'wasm' ? 0 : 1);
  for (const artifact of [program.prover, program.verifier]) writer.fixed(id(artifact.blob)).u64(artifact.size);
  writer.u64(program.fuelLimit);
}

function writeRun(writer: Writer, run: Run): void {
  if (run.inputs.length > INPUTS_MAX) throw new RangeError(`${run.inputs.length} inputs, where at most 16 are allowed`);
  writer.fixed(id(run.program)).data(run.arguments ?? new Uint8Array(), ARGUMENTS_MAX).u32(run.inputs.length);
  for (const input of run.inputs) {
    writer.u8(input.role === 'statement' ? 0 : 1);
    if ('inline' in input) writer.u8(0).data(input.inline, INPUT_INLINE_MAX);
    else writer.u8(1).fixed(id(input.blob)).u64(input.size);
  }
  const { cpus, memoryMib, diskMib = 0, gpus = 0, gpuClass = 0 } = run.resources;
  for (const number of [cpus, memoryMib, diskMib, gpus, gpuClass]) writer.u32(number);
  // Runtimes: what a run needs is its program's.
  writer.u8(0).u64(run.computeMaxMs).u64(run.feeMax);
}

function id(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 32) throw new RangeError(`an identifier has 32 bytes, not ${bytes.length}`);
  return bytes;
}
