// All provers: what they have, what they earned, how they fared.

import { all } from "../api.js";
import { h, show } from "../dom.js";
import { count, mebibytes } from "../format.js";
import { PROVERS_MAX } from "../live.js";
import { amount, link, meter, table } from "../parts.js";

export const label = "Provers";
export const heading = "Provers";

const RELOAD_MS = 5000;

export function open(view) {
  const load = () => view.attempt(async () => show(view.root, draw(await all("/provers", "provers", PROVERS_MAX, view))));
  view.every(RELOAD_MS, load);
  load();
}

const COLUMNS = [
  ["Prover"], ["Now"], ["Cores in use"], ["Memory", "right"], ["Runtimes"], ["Bond", "right"], ["Earned", "right"],
  ["Drawn", "right"], ["Verified", "right"], ["Failed", "right"], ["Missed", "right"], ["Rejected", "right"], ["Verdicts", "right"],
];

function draw({ height, provers }) {
  const rows = provers.map((it) => ({ key: it.account, cells: row(it) }));
  return [
    table("Provers", COLUMNS, rows, "No prover is registered. lemma prover register --help says how to become one."),
    h("p", { class: "faint" }, `As of block #${count(height)}.`),
  ];
}

const row = (it) => [
  link("prover", it.account),
  status(it),
  meter("cores in use", it.in_use.cpus, it.capacity.cpus, `${it.in_use.cpus} of ${it.capacity.cpus}`),
  mebibytes(it.capacity.memory_mib),
  runtimes(it),
  amount(it.bond),
  amount(it.tally.earned),
  count(it.tally.allocated),
  count(it.tally.verified),
  count(it.tally.failed),
  count(it.tally.missed),
  count(it.tally.rejected),
  count(it.tally.verdicts),
];

export const runtimes = (it) => ["wasm", ...(it.capacity.runtimes ?? [])].join(", ");

/** What a prover does now, in a word. */
export function status(it) {
  if (it.jailed_until_ms !== null) return h("span", { class: "chip failed" }, "jailed");
  if (it.test) return h("span", { class: "chip allocated" }, "under test");
  if (it.draining) return h("span", { class: "chip" }, "draining");
  return it.member ? h("span", { class: "chip verified" }, "active") : h("span", { class: "chip" }, "no member yet");
}
