// Programs. The API has no list of them: these are the ones of the latest workloads, of genesis, and all deployed meanwhile.

import { get, Problem } from "../api.js";
import { h } from "../dom.js";
import { bytes } from "../format.js";
import { memory, noteProgram } from "../live.js";
import { link, table } from "../parts.js";

export const label = "Programs";
export const heading = "Programs";

/** Workloads and blocks that are asked for their programs. */
const ASKED_MAX = 40;

export function open(view) {
  const paint = view.paint(draw);
  view.attempt(() => gather(view, paint));
  view.onEvent((event) => event.event === "deployed" && view.attempt(() => describe(view, event.program)));
}

/** Workloads whose program is known here, so that nothing is asked twice. */
const seen = new Set();

async function gather(view, paint) {
  const blocks = memory.blocks.filter((it) => it.transactions && !seen.has(it.height)).slice(0, ASKED_MAX);
  for (const { height } of blocks) {
    const { transactions } = await get(`/blocks/${height}`, view);
    transactions.filter((it) => it.program).forEach((it) => noteProgram(it.program, {}));
    seen.add(height);
  }
  const asked = [...memory.workloads.keys()].reverse().filter((id) => !seen.has(id)).slice(0, ASKED_MAX);
  for (const id of asked) {
    const { run } = await get(`/workloads/${id}`, view);
    if (run) noteProgram(run.program, {});
    seen.add(id);
    if (seen.size > 4096) seen.clear();
  }
  for (const [id, it] of memory.programs) if (!it.name && it.name !== "") await describe(view, id);
  paint();
}

async function describe(view, id) {
  try {
    noteProgram(id, await get(`/programs/${id}`, view));
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.code !== "not-found") throw problem;
  }
}

const COLUMNS = [["Program"], ["Name"], ["Proof system"], ["Runtime"], ["Prover", "right"], ["Verifier", "right"], ["Deployed by"]];

function draw() {
  const known = [...memory.programs.values()].filter((it) => it.deployer).reverse();
  const rows = known.map((it) => ({ key: it.program, cells: [
    link("program", it.program), h("span", { class: "break" }, it.name), it.proof_system, it.runtime,
    bytes(it.prover.size), bytes(it.verifier.size), link("account", it.deployer),
  ] }));
  return [
    table("Programs", COLUMNS, rows, "None was seen yet."),
    h("p", { class: "faint" }, "The programs of the latest workloads and blocks, and those deployed while this page is open. Any other is found by its id. A name is what its author wrote: it says nothing about what the program does."),
  ];
}
