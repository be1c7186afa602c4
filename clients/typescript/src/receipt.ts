/**
 * Receipts, checked here with nothing but the 96-byte group key.
 *
 * ```text
 * group key ──▶ certificate ──▶ header ──▶ state root ──▶ workload
 *     │                                        ├────────▶ draw ──▶ beacon, candidates ──▶ this prover won
 *     └──────────── beacon of the draw ◀───────┤
 *                                              └────────▶ verdict set ──▶ certificate of valid ──▶ proof
 * ```
 *
 * All of it must hold. What costs little is checked first, so that a damaged receipt costs no pairing.
 */

import { blake3 } from '@noble/hashes/blake3.js';
import { lem } from './amount.js';
import { readKey, sumOfKeys, verify } from './bls.js';
import { Reader, be64, concat, decode, equal, fromHex, le64, toHex, utf8, varint, Writer } from './bytes.js';
import { FINALITY_MAX, PROOF_MAX, RECEIPT_MAX, STATE_PROOF_MAX, UNITS_MAX, VALUE_MAX } from './limits.js';
import {
  type Announced, type Certificate, type Draw, type Member, type Moment, type Workload,
  readBundle, readDraw, readVerdictSet, readWorkload,
} from './records.js';
import { checkValue } from './stateProof.js';

const MAGIC = utf8('lemma-receipt');
const VERSION = 1;
const ENDS = ['verified', 'failed', 'cancelled', 'expired'];

/** A receipt that does not hold, and why. */
export class ReceiptError extends Error {
  readonly code = 'receipt';
  readonly hint = 'check that the group key is that of this chain; ask another node';
}

interface Proven {
  value: Uint8Array;
  proof: Uint8Array;
}

interface Receipt {
  chain: Uint8Array;
  header: Uint8Array;
  certificate: Uint8Array;
  workload: Proven;
  draw: Proven | null;
  set: Proven | null;
  bundle: Uint8Array | null;
}

interface Header {
  epoch: bigint;
  view: bigint;
  parentView: bigint;
  height: bigint;
  time: bigint;
  stateRoot: Uint8Array;
}

/** A signature that is still to be checked, and what to say if it does not hold. */
interface Signature {
  key: () => ReturnType<typeof readKey>;
  domain: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
  otherwise: string;
}

interface At {
  height: number;
  time: number;
}

/** What a receipt shows: the same words as `lemma receipt verify --json` prints under `checked`. */
export interface Checked {
  chain: string;
  height: number;
  block: string;
  time: number;
  workload: string;
  kind: string;
  sender: string;
  program: string;
  state: string;
  reason: string;
  created: At;
  ended: At;
  resources: Workload['resources'];
  compute_max: number;
  statement: ({ inline: string } | { blob: { blob: string; size: number } })[];
  attempts: {
    prover: string; drawn_by: number; drawn: At;
    accepted: At | null; announced: At | null; ended: At | null; end: string | null;
  }[];
  draw: { height: number; beacon: string; candidates: number; tickets: number } | null;
  proof: {
    id: string; size: number; verdicts: number; set: number; bonds_permille: number;
    bytes: string | null; public_values: string | null;
  } | null;
  fees: { locked: string; to_prover: string; to_verdicts: string; refunded: string; burned: string };
}

/**
 * Checks a receipt against a group key, with nothing else, and tells what it shows.
 *
 * That the key belongs to the network you mean is yours to know; that the program means what its name says, too.
 */
export function checkReceipt(bytes: Uint8Array, groupKey: Uint8Array | string): Checked {
  try {
    return check(bytes, typeof groupKey === 'string' ? fromHex(groupKey.trim(), 96) : groupKey);
  } catch (error) {
    if (error instanceof ReceiptError) throw error;
    throw new ReceiptError(error instanceof Error ? error.message : String(error));
  }
}

function check(bytes: Uint8Array, groupKey: Uint8Array): Checked {
  const receipt = readReceipt(bytes);
  const header = decode(receipt.header, readHeader);
  const group = readKey(groupKey);
  const signatures = finality(receipt, header, () => group);
  const workload = named('the workload', () => readWorkload(receipt.workload.value));
  shown('the workload', header, stateKey('workload', workload.id), receipt.workload);
  if (!workload.end || !ENDS.includes(workload.state)) refuse(`the workload is still ${workload.state}`);
  const draw = checkDraw(receipt, header, workload);
  if (draw) signatures.push(beaconOf(receipt.chain, draw, () => group));
  const proof = checkProof(receipt, header, workload, signatures);
  for (const { key, domain, message, signature, otherwise } of signatures) {
    if (!verify(key(), domain, message, signature)) refuse(otherwise);
  }
  return tell(receipt, header, workload, draw, proof);
}

function refuse(why: string): never {
  throw new ReceiptError(why);
}

function readReceipt(bytes: Uint8Array): Receipt {
  if (!equal(bytes.subarray(0, MAGIC.length), MAGIC) || bytes.length === MAGIC.length) refuse('this is not a receipt');
  const version = bytes[MAGIC.length] as number;
  if (version !== VERSION) refuse(`receipt version ${version} is unknown; this program reads version ${VERSION}`);
  if (bytes.length > RECEIPT_MAX) refuse('the receipt is longer than any');
  return named('the receipt', () => decode(bytes.subarray(MAGIC.length + 1), (reader) => {
    const proven = () => ({ value: reader.data(VALUE_MAX), proof: reader.data(STATE_PROOF_MAX) });
    return {
      chain: reader.fixed(32),
      header: reader.data(FINALITY_MAX),
      certificate: reader.data(FINALITY_MAX),
      workload: proven(),
      draw: reader.option(proven),
      set: reader.option(proven),
      bundle: reader.option(() => reader.data(PROOF_MAX)),
    };
  }));
}

function readHeader(reader: Reader): Header {
  const version = reader.u8();
  if (version !== 1) refuse(`header version ${version} is unknown`);
  const [epoch, view] = [reader.be64(), reader.be64()];
  reader.fixed(32); // leader
  const parentView = reader.be64();
  reader.fixed(32); // parent
  const [height, time] = [reader.be64(), reader.be64()];
  const stateRoot = reader.fixed(32);
  reader.fixed(32 + 8 + 8 + 32 + 32); // operations root, start and end, body, resharing
  return { epoch, view, parentView, height, time, stateRoot };
}

/** The certificate must be for this header; the vote to finalize it and the seed of its round must be the group's. */
function finality(receipt: Receipt, header: Header, key: Signature['key']): Signature[] {
  const round = concat(varint(header.epoch), varint(header.view));
  const proposal = concat(round, varint(header.parentView), blake3(receipt.header));
  const { certificate, chain } = receipt;
  if (certificate.length !== proposal.length + 2 * 48) refuse('the certificate of the block has another length');
  if (!equal(certificate.subarray(0, proposal.length), proposal)) refuse('the certificate is not for this header');
  const signed = (suffix: string, message: Uint8Array, at: number, what: string): Signature => ({
    key,
    domain: concat(chain, utf8(suffix)),
    message,
    signature: certificate.subarray(proposal.length + at, proposal.length + at + 48),
    otherwise: `the block is not final under this group key: the ${what} in the certificate is not the group's`,
  });
  return [signed('_FINALIZE', proposal, 0, 'vote'), signed('_SEED', round, 48, 'seed')];
}

/** The name of a value in the state. */
function stateKey(family: string, part: Uint8Array, number = 0n): Uint8Array {
  const name = utf8(family);
  return blake3(concat(Uint8Array.of(name.length), name, part, le64(number)), { context: utf8('lemma 1 state key') });
}

function shown(what: string, header: Header, key: Uint8Array, proven: Proven): void {
  named(`${what} is not in the state of the block`, () => checkValue(header.stateRoot, key, proven.value, proven.proof));
}

function named<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ReceiptError(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Repeats the draw of the last attempt. A test of a prover's capacity is not drawn. */
function checkDraw(receipt: Receipt, header: Header, workload: Workload): Draw | null {
  const last = workload.attempts.at(-1);
  const drawn = workload.kind === 'run' && last !== undefined;
  if (workload.kind === 'test' && !(workload.attempts.length === 1 && equal(last!.prover, workload.sender))) {
    refuse('the test is not one attempt of the prover that it tests');
  }
  if (drawn !== (receipt.draw !== null)) refuse(drawn ? 'the draw is missing' : 'a draw does not belong into this receipt');
  if (!receipt.draw || !last) return null;
  const attempt = workload.attempts.length;
  const draw = named('the draw', () => readDraw(receipt.draw!.value));
  shown('the draw', header, stateKey('draw', workload.id, BigInt(attempt)), receipt.draw);
  if (!equal(draw.workload, workload.id) || draw.attempt !== attempt || draw.height !== last.drawnBy) {
    refuse("the draw is another attempt's");
  }
  const won = winner(draw);
  if (!won || !equal(won, last.prover)) refuse('the beacon draws another prover');
  return draw;
}

/** The prover that holds the ticket with the lowest hash. */
function winner(draw: Draw): Uint8Array | null {
  const context = utf8('lemma 1 ticket');
  const base = concat(draw.beacon, draw.workload, Uint8Array.of(draw.attempt & 0xff, draw.attempt >> 8));
  let best: { ticket: string; prover: Uint8Array } | null = null;
  for (const { prover, tickets } of draw.candidates) {
    for (let number = 0; number < Math.min(tickets, UNITS_MAX); number += 1) {
      const ticket = toHex(concat(blake3(concat(base, prover, new Writer().u32(number).done()), { context }), prover));
      if (!best || ticket < best.ticket) best = { ticket, prover };
    }
  }
  return best && best.prover;
}

function beaconOf(chain: Uint8Array, draw: Draw, key: Signature['key']): Signature {
  return {
    key,
    domain: utf8('lemma/beacon/1'),
    message: concat(chain, be64(draw.height)),
    signature: draw.beacon,
    otherwise: `the beacon of height ${draw.height} does not hold under this group key`,
  };
}

/** Checks that the certificate of the verified proof has enough behind it, and the proof itself where it is there. */
function checkProof(receipt: Receipt, header: Header, workload: Workload, signatures: Signature[]): Checked['proof'] {
  if (workload.state !== 'verified') {
    if (receipt.set) refuse('a verdict set does not belong into this receipt');
    if (receipt.bundle) refuse('a proof does not belong into this receipt');
    return null;
  }
  const last = workload.attempts.at(-1);
  const certificate = last?.end?.how === 'valid' ? last.end.certificate : null;
  if (!last?.announced || !certificate) refuse('the certificate of the proof is missing');
  if (!receipt.set) refuse('the verdict set is missing');
  const members = named('the verdict set', () => readVerdictSet(receipt.set!.value));
  shown('the verdict set', header, stateKey('verdict-set', new Uint8Array(), last.announced.set), receipt.set);
  const { signers, permille } = quorum(certificate, members);
  signatures.push(verdictOf(receipt.chain, workload, last.announced, certificate, signers));
  const bundle = receipt.bundle && openBundle(receipt.bundle, last.announced);
  return {
    id: toHex(last.announced.proof),
    size: plain(last.announced.size),
    verdicts: signers.length,
    set: members.length,
    bonds_permille: permille,
    bytes: bundle && toHex(bundle.proof),
    public_values: bundle && toHex(bundle.publicValues),
  };
}

/** The members that signed: bonds count, and two thirds of them are needed. */
function quorum(certificate: Certificate, members: Member[]): { signers: Member[]; permille: number } {
  const { verdict, signers: bitmap } = certificate;
  if (verdict !== 'valid') refuse(`the certificate says ${verdict}`);
  const misfit = `the bitmap does not fit a set of ${members.length}`;
  if (bitmap.length !== Math.ceil(members.length / 8)) refuse(misfit);
  const places = Array.from({ length: bitmap.length * 8 }, (_, i) => i);
  const signers = places.filter((i) => ((bitmap[i >> 3] as number) >> (i & 7)) & 1).map((i) => members[i] ?? refuse(misfit));
  const bonds = (of: Member[]) => of.reduce((sum, member) => sum + member.bond, 0n);
  const [got, all] = [bonds(signers), bonds(members)];
  if (all === 0n || got * 3n < all * 2n) {
    refuse(`verdicts worth ${got} of the ${all} units bonded in the set, where two thirds are needed`);
  }
  return { signers, permille: Number((got * 1000n) / all) };
}

function verdictOf(
  chain: Uint8Array, workload: Workload, announced: Announced, certificate: Certificate, signers: Member[],
): Signature {
  const attempt = workload.attempts.length;
  return {
    key: () => sumOfKeys(signers.map((signer) => signer.key)),
    domain: utf8('lemma/verdict/1'),
    message: concat(chain, workload.id, Uint8Array.of(attempt & 0xff, attempt >> 8), announced.proof, Uint8Array.of(0)),
    signature: certificate.signature,
    otherwise: 'the certificate of the proof does not hold: the aggregate signature does not hold',
  };
}

function openBundle(bytes: Uint8Array, announced: Announced): ReturnType<typeof readBundle> {
  if (!equal(blake3(bytes), announced.proof)) refuse('the proof in the receipt is another than was verified');
  return named('the proof', () => readBundle(bytes));
}

function tell(receipt: Receipt, header: Header, workload: Workload, draw: Draw | null, proof: Checked['proof']): Checked {
  const end = workload.end!;
  const statement = workload.inputs.filter((input) => input.role === 'statement').map(({ source }) =>
    'inline' in source
      ? { inline: toHex(source.inline) }
      : { blob: { blob: toHex(source.blob), size: plain(source.size) } },
  );
  return {
    chain: toHex(receipt.chain), height: plain(header.height), block: toHex(blake3(receipt.header)), time: plain(header.time),
    workload: toHex(workload.id), kind: workload.kind, sender: toHex(workload.sender), program: toHex(workload.program),
    state: workload.state, reason: end.reason, created: at(workload.created), ended: at(end.at),
    resources: workload.resources, compute_max: plain(workload.computeMax), statement,
    attempts: workload.attempts.map(tellAttempt),
    draw: draw && {
      height: plain(draw.height), beacon: toHex(draw.beacon), candidates: draw.candidates.length,
      tickets: draw.candidates.reduce((sum, candidate) => sum + candidate.tickets, 0),
    },
    proof,
    fees: {
      locked: lem(workload.locked), to_prover: lem(end.toProver), to_verdicts: lem(end.toVerdicts),
      refunded: lem(end.refunded), burned: lem(end.burned),
    },
  };
}

function tellAttempt(attempt: Workload['attempts'][number]): Checked['attempts'][number] {
  return {
    prover: toHex(attempt.prover),
    drawn_by: plain(attempt.drawnBy),
    drawn: at(attempt.drawn),
    accepted: attempt.accepted && at(attempt.accepted),
    announced: attempt.announced && at(attempt.announced.at),
    ended: attempt.end && at(attempt.end.at),
    end: attempt.end && attempt.end.how,
  };
}

function at(moment: Moment): At {
  return { height: plain(moment.height), time: plain(moment.time) };
}

/** A number that JavaScript can say exactly. */
function plain(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`${value} is too large`);
  return Number(value);
}
