/** The values of the chain's state that a receipt holds, read from their canonical bytes. */

import { Reader, decode } from './bytes.js';
import {
  ARGUMENTS_MAX, DRAWS_MAX, INPUTS_MAX, INPUT_INLINE_MAX, PROOF_MAX, PROVERS_MAX, TEXT_MAX,
} from './limits.js';

const STATES = ['queued', 'allocated', 'proving', 'proved', 'verified', 'failed', 'cancelled', 'expired'] as const;
const REASONS = ['proved', 'attempts-used', 'undecided', 'cancelled', 'no-prover'] as const;
const KINDS = ['run', 'test'] as const;
const ENDS = [
  'silent', 'handed-back', 'failed', 'missed', 'valid', 'rejected', 'unavailable', 'undecided',
] as const;
const VERDICTS = ['valid', 'invalid', 'unavailable'] as const;
const RUNTIMES = ['wasm', 'linux-x86_64'] as const;
const FAILS = 9;

/** A point in the chain's history. */
export interface Moment {
  height: bigint;
  time: bigint;
}

/** Equal verdicts, aggregated. */
export interface Certificate {
  verdict: (typeof VERDICTS)[number];
  signers: Uint8Array;
  signature: Uint8Array;
}

/** A proof that was announced in a block. */
export interface Announced {
  proof: Uint8Array;
  size: bigint;
  at: Moment;
  set: bigint;
}

/** One prover's turn. */
export interface Attempt {
  prover: Uint8Array;
  drawnBy: bigint;
  drawn: Moment;
  accepted: Moment | null;
  announced: Announced | null;
  end: { at: Moment; how: (typeof ENDS)[number]; certificate: Certificate | null } | null;
}

/** An input as the state holds it. */
export interface RecordedInput {
  role: 'statement' | 'witness';
  source: { inline: Uint8Array } | { blob: Uint8Array; size: bigint };
}

/** A workload. */
export interface Workload {
  id: Uint8Array;
  kind: (typeof KINDS)[number];
  sender: Uint8Array;
  program: Uint8Array;
  inputs: RecordedInput[];
  resources: {
    cpus: number; memory_mib: number; disk_mib: number; gpus: number; gpu_class: number; runtimes: string[];
  };
  computeMax: bigint;
  state: (typeof STATES)[number];
  created: Moment;
  locked: bigint;
  attempts: Attempt[];
  end: {
    reason: (typeof REASONS)[number];
    at: Moment;
    toProver: bigint;
    toVerdicts: bigint;
    refunded: bigint;
    burned: bigint;
  } | null;
}

/** Everything that decided a draw. */
export interface Draw {
  workload: Uint8Array;
  attempt: number;
  height: bigint;
  beacon: Uint8Array;
  candidates: { prover: Uint8Array; tickets: number }[];
}

/** A member of the set whose verdicts count. */
export interface Member {
  account: Uint8Array;
  key: Uint8Array;
  bond: bigint;
}

/** Reads a workload. */
export function readWorkload(bytes: Uint8Array): Workload {
  return decode(bytes, (reader) => {
    const id = reader.fixed(32);
    const kind = reader.word(KINDS);
    const sender = reader.fixed(32);
    const run = readRun(reader);
    reader.tag(RUNTIMES.length);
    const state = reader.word(STATES);
    const created = readMoment(reader);
    readMoment(reader); // since
    reader.option(() => reader.u64()); // moves_on
    reader.option(() => reader.u64()); // overtime
    reader.u64(); // renewals
    const locked = reader.u64() + reader.u64();
    reader.u64(); // billed
    const attempts = reader.list(DRAWS_MAX, () => readAttempt(reader));
    const end = reader.option(() => readEnd(reader));
    return { id, kind, sender, ...run, state, created, locked, attempts, end };
  });
}

/** Reads a draw. */
export function readDraw(bytes: Uint8Array): Draw {
  return decode(bytes, (reader) => ({
    workload: reader.fixed(32),
    attempt: reader.u16(),
    height: reader.u64(),
    beacon: reader.fixed(48),
    candidates: reader.list(PROVERS_MAX, () => ({ prover: reader.fixed(32), tickets: reader.u32() })),
  }));
}

/** Reads a verdict set. */
export function readVerdictSet(bytes: Uint8Array): Member[] {
  return decode(bytes, (reader) =>
    reader.list(PROVERS_MAX, () => ({ account: reader.fixed(32), key: reader.fixed(96), bond: reader.u64() })),
  );
}

/** Reads a proof with its public values. */
export function readBundle(bytes: Uint8Array): { proof: Uint8Array; publicValues: Uint8Array } {
  return decode(bytes, (reader) => ({ proof: reader.data(PROOF_MAX), publicValues: reader.data(PROOF_MAX) }));
}

function readRun(reader: Reader): Pick<Workload, 'program' | 'inputs' | 'resources' | 'computeMax'> {
  const program = reader.fixed(32);
  reader.data(ARGUMENTS_MAX);
  const inputs = reader.list(INPUTS_MAX, () => readInput(reader));
  const resources = readResources(reader);
  const computeMax = reader.u64();
  reader.u64(); // fee_max
  return { program, inputs, resources, computeMax };
}

function readInput(reader: Reader): RecordedInput {
  const role = reader.word(['statement', 'witness']);
  const inline = reader.tag(2) === 0;
  const source = inline
    ? { inline: reader.data(INPUT_INLINE_MAX) }
    : { blob: reader.fixed(32), size: reader.u64() };
  return { role, source };
}

function readResources(reader: Reader): Workload['resources'] {
  const [cpus, memory_mib, disk_mib, gpus, gpu_class] = [
    reader.u32(), reader.u32(), reader.u32(), reader.u32(), reader.u32(),
  ];
  const runtimes = reader.tag(2) === 1 ? [RUNTIMES[1]] : [];
  return { cpus, memory_mib, disk_mib, gpus, gpu_class, runtimes };
}

function readAttempt(reader: Reader): Attempt {
  return {
    prover: reader.fixed(32),
    drawnBy: reader.u64(),
    drawn: readMoment(reader),
    accepted: reader.option(() => readMoment(reader)),
    announced: reader.option(() => ({
      proof: reader.fixed(32), size: reader.u64(), at: readMoment(reader), set: reader.u64(),
    })),
    end: reader.option(() => readAttemptEnd(reader)),
  };
}

function readAttemptEnd(reader: Reader): NonNullable<Attempt['end']> {
  const at = readMoment(reader);
  const how = reader.word(ENDS);
  if (how === 'failed') readFail(reader);
  const certified = how === 'valid' || how === 'rejected' || how === 'unavailable';
  return { at, how, certificate: certified ? readCertificate(reader) : null };
}

function readFail(reader: Reader): void {
  reader.tag(FAILS);
  reader.text(TEXT_MAX);
  reader.option(() => [reader.fixed(32), reader.u64()]);
}

function readCertificate(reader: Reader): Certificate {
  return { verdict: reader.word(VERDICTS), signers: reader.data(PROVERS_MAX / 8), signature: reader.fixed(48) };
}

function readEnd(reader: Reader): NonNullable<Workload['end']> {
  return {
    reason: reader.word(REASONS),
    at: readMoment(reader),
    toProver: reader.u64(),
    toVerdicts: reader.u64(),
    refunded: reader.u64(),
    burned: reader.u64(),
  };
}

function readMoment(reader: Reader): Moment {
  return { height: reader.u64(), time: reader.u64() };
}
