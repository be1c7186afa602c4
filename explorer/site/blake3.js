// BLAKE3 as far as a draw needs it: key derivation, inputs of one chunk (1024 bytes at most). After the BLAKE3 paper, section 2.

const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const [CHUNK_START, CHUNK_END, ROOT, DERIVE_CONTEXT, DERIVE_MATERIAL] = [1, 2, 8, 32, 64];
const BLOCK = 64;
const CHUNK = 1024;

/** Columns, then diagonals. */
const QUARTERS = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15], [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];

const turn = (word, bits) => (word >>> bits) | (word << (32 - bits));

function quarter(v, [a, b, c, d], x, y) {
  v[a] = (v[a] + v[b] + x) | 0;
  v[d] = turn(v[d] ^ v[a], 16);
  v[c] = (v[c] + v[d]) | 0;
  v[b] = turn(v[b] ^ v[c], 12);
  v[a] = (v[a] + v[b] + y) | 0;
  v[d] = turn(v[d] ^ v[a], 8);
  v[c] = (v[c] + v[d]) | 0;
  v[b] = turn(v[b] ^ v[c], 7);
}

function compress(key, block, length, flags) {
  const v = Int32Array.from([...key, ...IV.slice(0, 4), 0, 0, length, flags]);
  let words = block;
  for (let round = 0; round < 7; round += 1) {
    QUARTERS.forEach((places, n) => quarter(v, places, words[2 * n], words[2 * n + 1]));
    words = PERMUTATION.map((place) => words[place]);
  }
  return Array.from({ length: 8 }, (_, n) => v[n] ^ v[n + 8]);
}

function words(bytes) {
  const padded = new Uint8Array(BLOCK);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  return Array.from({ length: 16 }, (_, n) => view.getInt32(4 * n, true));
}

function chunk(key, bytes, flags) {
  if (bytes.length > CHUNK) throw new RangeError("longer than a chunk");
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK));
  let state = key;
  for (let n = 0; n < blocks; n += 1) {
    const part = bytes.subarray(BLOCK * n, BLOCK * (n + 1));
    const place = (n === 0 ? CHUNK_START : 0) | (n === blocks - 1 ? CHUNK_END | ROOT : 0);
    state = compress(state, words(part), part.length, flags | place);
  }
  return state;
}

/** A function that derives 32 bytes from a material, under a context. */
export function deriver(context) {
  const key = chunk(IV, new TextEncoder().encode(context), DERIVE_CONTEXT);
  return (material) => {
    const out = new DataView(new ArrayBuffer(32));
    chunk(key, material, DERIVE_MATERIAL).forEach((word, n) => out.setInt32(4 * n, word, true));
    return new Uint8Array(out.buffer);
  };
}
