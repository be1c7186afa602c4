// Accounts that were seen lately. The chain has no list of all: any other is found by its id.

import { h } from "../dom.js";
import { memory } from "../live.js";
import { link, table } from "../parts.js";

export const label = "Accounts";
export const heading = "Accounts";

const ROWS = 200;

export const open = (view) => view.paint(draw);

function draw() {
  const roles = new Map();
  const add = (id, role) => id && roles.set(id, new Set([...(roles.get(id) ?? []), role]));
  memory.provers.forEach((it) => add(it.account, "prover"));
  memory.workloads.forEach((it) => add(it.sender, "sender of a workload"));
  memory.programs.forEach((it) => add(it.deployer, "author of a program"));
  const rows = [...roles].slice(0, ROWS).map(([id, role]) => ({ key: id, cells: [link("account", id, 16), [...role].join(", ")] }));
  return [
    table("Accounts", [["Account"], ["Seen as"]], rows, "None was seen yet."),
    h("p", { class: "faint" }, "Provers and those whose workloads or programs this page has seen. Any other account is found by its id."),
  ];
}
