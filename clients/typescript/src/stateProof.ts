/**
 * The proof of one present value against a state root.
 *
 * The state is a log of operations under a Merkle mountain range. A bitmap of the operations that are current is grafted onto it:
 * where a subtree of 256 operations is complete, its chunk of the bitmap is hashed in; the chunk that is not, into the root. Peaks
 * are numbered by the positions of their nodes, and folded from the right, those of operations that are no longer current from the
 * left. All hashes are BLAKE3, numbers in them big-endian.
 */

import { blake3 } from '@noble/hashes/blake3.js';
import { Reader, be64, concat, decode, equal, varint } from './bytes.js';

const DIGESTS_MAX = 128n;
const CHUNK_BYTES = 32;
/** A chunk has a bit for each operation of a subtree of this height. */
const GRAFT_HEIGHT = 8;
const LEAVES_MAX = 1n << 62n;
/** Begins every root of such a range, with peaks folded in this way. */
const ROOT_DOMAIN = Uint8Array.of(0, 1);
/** Begins the operation that gives a key a value. */
const UPDATE = Uint8Array.of(0xd2);

interface Proof {
  location: bigint;
  chunk: Uint8Array;
  leaves: bigint;
  inactivePeaks: bigint;
  digests: Uint8Array[];
  partialChunk: Uint8Array | null;
  operationsRoot: Uint8Array;
  nextKey: Uint8Array;
}

/** A perfect subtree: the first operation under it, and its height. */
interface Subtree {
  start: bigint;
  height: number;
}

/** Checks that the state with this root holds `value` under `key`; an error says that it is not shown. */
export function checkValue(root: Uint8Array, key: Uint8Array, value: Uint8Array, bytes: Uint8Array): void {
  const proof = decode(bytes, readProof);
  const bit = Number(proof.location % 256n);
  const current = ((proof.chunk[bit >> 3] as number) >> (bit & 7)) & 1;
  if (current !== 1) throw new Error('the proof is of a value that is no longer there');
  const operation = concat(UPDATE, key, varint(BigInt(value.length)), value, proof.nextKey);
  if (!equal(stateRoot(proof, operation), root)) throw new Error('the proof does not show this value under this key');
}

function readProof(reader: Reader): Proof {
  const location = reader.varint();
  const chunk = reader.fixed(CHUNK_BYTES);
  const leaves = reader.varint();
  const inactivePeaks = reader.varint();
  const count = reader.varint();
  if (leaves > LEAVES_MAX || location >= leaves) throw new RangeError('the proof is of no place in the state');
  if (count > DIGESTS_MAX) throw new RangeError(`${count} digests, where at most ${DIGESTS_MAX} are allowed`);
  const digests = Array.from({ length: Number(count) }, () => reader.fixed(32));
  const partialChunk = reader.option(() => reader.fixed(32));
  const operationsRoot = reader.fixed(32);
  return { location, chunk, leaves, inactivePeaks, digests, partialChunk, operationsRoot, nextKey: reader.fixed(32) };
}

function stateRoot(proof: Proof, operation: Uint8Array): Uint8Array {
  const open = proof.leaves % 256n;
  if ((open !== 0n) !== (proof.partialChunk !== null)) throw new Error('the proof has the wrong chunks');
  const inOpenChunk = proof.location / 256n === proof.leaves / 256n;
  if (proof.partialChunk && inOpenChunk && !equal(proof.partialChunk, hash(proof.chunk))) {
    throw new Error('the proof has another chunk');
  }
  const grafted = graftedRoot(proof, operation);
  const partial = proof.partialChunk ? concat(be64(open), proof.partialChunk) : new Uint8Array();
  return hash(proof.operationsRoot, grafted, partial);
}

/** The root over the peaks: those of the proof, and in its place the one that the operation lies under. */
function graftedRoot(proof: Proof, operation: Uint8Array): Uint8Array {
  const peaks = peaksOf(proof.leaves);
  const own = peaks.findIndex((peak) => proof.location < end(peak));
  const peak = peaks[own] as Subtree;
  if (proof.inactivePeaks > BigInt(peaks.length)) throw new Error('the proof has too many inactive peaks');
  const inactive = Number(proof.inactivePeaks);
  const folded = Math.min(inactive, own);
  const before = own - folded + Math.min(folded, 1);
  const after = peaks.length - own - 1;
  const alone = Math.min(Math.max(inactive - own - 1, 0), after);
  const behind = alone + (after > alone ? 1 : 0);
  if (proof.digests.length !== before + behind + peak.height) throw new Error('the proof has the wrong number of digests');
  const siblings = proof.digests.slice(before + behind);
  const others = proof.digests.slice(0, before + behind);
  const digest = digestOf(peak, proof, operation, siblings);
  const left = folded === 0 ? inactive : inactive - folded + 1;
  const bagged = bag([...others.slice(0, before), digest, ...others.slice(before)], left);
  const boundary = inactive === 0 ? new Uint8Array() : be64(proof.inactivePeaks);
  return hash(ROOT_DOMAIN, be64(proof.leaves), boundary, bagged);
}

/** Folds the first `left` from the left, what follows from the right, and both together. */
function bag(peaks: Uint8Array[], left: number): Uint8Array {
  const first = Math.max(left, 1);
  if (peaks.length < first) throw new Error('the proof has too few peaks');
  const fold = (a: Uint8Array, b: Uint8Array) => hash(a, b);
  const front = peaks.slice(0, first).reduce(fold);
  const rest = peaks.slice(first);
  return rest.length === 0 ? front : hash(front, rest.reduceRight((bagged, peak) => hash(peak, bagged)));
}

/** The digest of a subtree that the operation lies under. Siblings are taken in the order of the operations under them. */
function digestOf(subtree: Subtree, proof: Proof, operation: Uint8Array, siblings: Uint8Array[]): Uint8Array {
  const { start, height } = subtree;
  if (height === 0) return hash(be64(position(subtree)), operation);
  const left = { start, height: height - 1 };
  const right = { start: end(left), height: height - 1 };
  const sibling = () => siblings.shift() as Uint8Array;
  const inLeft = proof.location < right.start;
  const leftDigest = inLeft ? digestOf(left, proof, operation, siblings) : sibling();
  const rightDigest = inLeft ? sibling() : digestOf(right, proof, operation, siblings);
  const digest = hash(be64(position(subtree)), leftDigest, rightDigest);
  return height === GRAFT_HEIGHT ? hash(proof.chunk, digest) : digest;
}

/** The perfect subtrees of so many leaves, the largest first. */
function peaksOf(leaves: bigint): Subtree[] {
  const peaks = [];
  let start = 0n;
  for (let height = 62; height >= 0; height -= 1) {
    if (((leaves >> BigInt(height)) & 1n) === 0n) continue;
    peaks.push({ start, height });
    start += 1n << BigInt(height);
  }
  return peaks;
}

function end({ start, height }: Subtree): bigint {
  return start + (1n << BigInt(height));
}

/** The number of a subtree's root among all nodes, in the order in which a growing range makes them. */
function position({ start, height }: Subtree): bigint {
  let ones = 0n;
  for (let rest = start; rest > 0n; rest >>= 1n) ones += rest & 1n;
  return 2n * start - ones + (1n << BigInt(height + 1)) - 2n;
}

function hash(...parts: Uint8Array[]): Uint8Array {
  return blake3(concat(...parts));
}
