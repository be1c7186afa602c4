// All programs, newest first.

import { h } from "../dom.js";
import { bytes } from "../format.js";
import { idField, List, listing } from "../list.js";
import { block, link } from "../parts.js";

export const label = "Programs";
export const heading = "Programs";

export const programList = (view, query) => new List(view, "/programs", "programs", (it) => it.program, query);

export function open(view) {
  const list = programList(view);
  list.follow(view.paint(() => draw(list)));
}

const COLUMNS = [["Program"], ["Name"], ["Proof system"], ["Runtime"], ["Prover", "right"], ["Verifier", "right"], ["Deployed by"], ["Block", "right"]];

const draw = (list) => [
  h("div", { class: "filters", role: "group", "aria-label": "Which programs" },
    idField("Account", "of the account", list.query.account, (account) => list.choose({ account }))),
  programs(list, "Programs, newest first", "None."),
  h("p", { class: "faint" }, "A name is what its author wrote: it says nothing about what the program does."),
];

/** A list of programs, wherever it stands. */
export const programs = (list, caption, none) => listing(list, caption, COLUMNS, row, none);

const row = (it) => [
  link("program", it.program), h("span", { class: "break" }, it.name), it.proof_system, it.runtime,
  bytes(it.prover.size), bytes(it.verifier.size), link("account", it.deployer), block(it.deployed.height),
];
