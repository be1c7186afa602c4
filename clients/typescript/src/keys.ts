/** Accounts and their keys (Ed25519). */

import { ed25519 } from '@noble/curves/ed25519.js';
import { domained, fromHex, utf8 } from './bytes.js';

/** Longer files are no key files. */
const FILE_MAX = 4096;

/** An account's secret key. It is not shown by `console.log` or `JSON.stringify`. */
export class SecretKey {
  readonly #secret: Uint8Array;
  /** The account: its public key, 32 bytes. */
  readonly account: Uint8Array;

  /** A key from 32 bytes that nobody else knows. */
  constructor(secret: Uint8Array) {
    if (secret.length !== 32) throw new RangeError(`a secret key has 32 bytes, not ${secret.length}`);
    this.#secret = Uint8Array.from(secret);
    this.account = ed25519.getPublicKey(this.#secret);
  }

  /** Reads the key file that `lemma key new` writes: 64 hexadecimal digits, readable by its owner alone. */
  static async read(path: string): Promise<SecretKey> {
    const { open } = await import('node:fs/promises');
    const file = await open(path);
    try {
      const { mode, size } = await file.stat();
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        throw new Error(`others may read ${path}: run chmod 600 on it`);
      }
      const text = size > FILE_MAX ? '' : (await file.readFile('utf8')).trimEnd();
      if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new Error(`${path} holds no key: 64 hexadecimal digits are expected`);
      return new SecretKey(fromHex(text));
    } finally {
      await file.close();
    }
  }

  /** Signs a message in a domain. */
  sign(domain: string, message: Uint8Array): Uint8Array {
    return ed25519.sign(domained(utf8(domain), message), this.#secret);
  }
}
