// The draw, repeated (rule 6 of the protocol): the ticket with the lowest hash wins.

import { deriver } from "./blake3.js";

const TICKETS_MAX = 200_000;
const AT_ONCE = 2000;

export function unhex(text) {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new TypeError("not hexadecimal");
  return Uint8Array.from({ length: text.length / 2 }, (_, n) => Number.parseInt(text.slice(2 * n, 2 * n + 2), 16));
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Everything that is hashed for a ticket but its prover and its number, which are left empty. */
function material({ beacon, workload, attempt }) {
  const bytes = new Uint8Array(48 + 32 + 2 + 32 + 4);
  bytes.set(unhex(beacon), 0);
  bytes.set(unhex(workload), 48);
  new DataView(bytes.buffer).setUint16(80, attempt, true);
  return bytes;
}

/** Repeats a draw: of each candidate the lowest hash of its tickets, and who holds the lowest of all. Null where it would take too long. */
export async function repeat(draw) {
  const tickets = draw.candidates.reduce((sum, it) => sum + it.tickets, 0);
  if (tickets > TICKETS_MAX) return null;
  const derive = deriver("lemma 1 ticket");
  const bytes = material(draw);
  const lowest = [];
  let done = 0;
  for (const { prover, tickets: own } of draw.candidates) {
    bytes.set(unhex(prover), 82);
    let best = null;
    for (let ticket = 0; ticket < own; ticket += 1) {
      new DataView(bytes.buffer).setUint32(114, ticket, true);
      const hash = hex(derive(bytes));
      if (best === null || hash < best.hash) best = { hash, ticket };
      if ((done += 1) % AT_ONCE === 0) await new Promise((next) => setTimeout(next));
    }
    lowest.push({ prover, tickets: own, ...best });
  }
  const held = lowest.filter((it) => it.hash);
  const winner = held.reduce((best, it) => (best === null || it.hash < best.hash ? it : best), null);
  return { lowest, winner: winner?.prover ?? null, tickets };
}
