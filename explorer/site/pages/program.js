// One program.

import { get } from "../api.js";
import { h, show } from "../dom.js";
import { bytes, count, short } from "../format.js";
import { noteProgram } from "../live.js";
import { block, facts, full, link, section, when } from "../parts.js";

export const heading = "Program";

export function open(view, id, title) {
  title.append(" ", h("span", { class: "id" }, short(id)));
  view.attempt(async () => {
    const program = await get(`/programs/${encodeURIComponent(id)}`, view);
    noteProgram(program.program, program);
    show(view.root, draw(program));
  });
}

const artifact = (it) => [
  h("a", { href: `/v1/blobs/${it.blob}`, download: `${short(it.blob)}.bin`, class: "id" }, `blob ${short(it.blob)}`), `, ${bytes(it.size)}`,
];

const draw = (it) => [
  h("p", { class: "under" }, full(it.program)),
  section("What it is", facts([
    ["Name", h("span", { class: "break" }, it.name), h("span", { class: "faint" }, " (its author's word)")],
    ["Proof system", it.proof_system],
    ["Runtime of its prover", it.runtime],
    ["Prover", artifact(it.prover)],
    ["Verifier", artifact(it.verifier)],
    ["Fuel of one verification, at most", count(it.fuel_limit)],
    ["Deployed", when(it.deployed.time_ms), " in block ", block(it.deployed.height), " by ", link("account", it.deployer)],
  ])),
  section("Run it", h("pre", { tabindex: "0" }, `lemma run ${it.program} \\\n    --input statement:hex:00ff --max-fee 1 --key user.key --watch`)),
];
