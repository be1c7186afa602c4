// Where what was typed leads.

import { memory } from "./live.js";

const ID = /^[0-9a-f]{64}$/;

/** The hash of the page that a query means. Nothing is asked: what is not known leads to a page that offers the choices. */
export function lookUp(query) {
  const text = query.trim().toLowerCase().replace(/^#/, "");
  if (/^\d{1,15}$/.test(text)) return `#/block/${text}`;
  const page = known(text);
  return page ?? `#/find/${encodeURIComponent(query.trim().slice(0, 200))}`;
}

export const isId = (text) => ID.test(text);

/** An id, or the beginning of one that only one thing known here has. */
function known(text) {
  if (!/^[0-9a-f]{4,64}$/.test(text)) return null;
  const places = [
    ["workload", [...memory.workloads.keys()]],
    ["program", [...memory.programs.keys()]],
    ["prover", memory.provers.map((it) => it.account)],
  ];
  const found = places.flatMap(([page, ids]) => ids.filter((id) => id.startsWith(text)).map((id) => `#/${page}/${id}`));
  return found.length === 1 ? found[0] : null;
}
