/** Signatures of groups: BLS12-381, signatures in G1, keys in G2. */

import { bls12_381 } from '@noble/curves/bls12-381.js';
import { domained, utf8 } from './bytes.js';

const { G1, G2 } = bls12_381;
const MESSAGE = utf8('BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_');

type PublicKey = InstanceType<typeof G2.Point>;

/** A point of the right group that is not its zero: anything else is an error. */
function point<P extends { assertValidity(): void; is0(): boolean }>(read: (bytes: Uint8Array) => P, bytes: Uint8Array): P {
  const found = read(bytes);
  found.assertValidity();
  if (found.is0()) throw new RangeError('the point at infinity');
  return found;
}

/** Reads a public key of 96 bytes. */
export function readKey(bytes: Uint8Array): PublicKey {
  if (bytes.length !== 96) throw new RangeError(`a key has 96 bytes, not ${bytes.length}`);
  return point((raw) => G2.Point.fromBytes(raw), bytes);
}

/** The key under which an aggregate of signatures over one message holds. */
export function sumOfKeys(keys: Uint8Array[]): PublicKey {
  return keys.map(readKey).reduce((sum, key) => sum.add(key), G2.Point.ZERO);
}

/** Whether the signature over the message in the domain holds under the key. */
export function verify(key: PublicKey, domain: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    if (signature.length !== 48 || key.is0()) return false;
    const signed = point((raw) => G1.Point.fromBytes(raw), signature);
    const hashed = bls12_381.shortSignatures.hash(domained(domain, message), MESSAGE);
    const product = bls12_381.pairingBatch([
      { g1: signed.negate(), g2: G2.Point.BASE },
      { g1: hashed as typeof signed, g2: key },
    ]);
    return bls12_381.fields.Fp12.eql(product, bls12_381.fields.Fp12.ONE);
  } catch {
    return false;
  }
}
