// The workloads that this page knows of: the latest of the node, and all since the page was opened.

import { h } from "../dom.js";
import { chainNow, ended, memory, WORKLOADS_MAX } from "../live.js";
import { ago, block, chip, link, table } from "../parts.js";
import { progress } from "./home.js";

export const label = "Workloads";
export const heading = "Workloads";

const FILTERS = { all: () => true, "under way": (it) => !ended(it.state), verified: (it) => it.state === "verified", "ended otherwise": (it) => ended(it.state) && it.state !== "verified" };
const ROWS = 100;

export function open(view) {
  let chosen = "all";
  const paint = view.paint(() => draw(chosen, (name) => ((chosen = name), paint())));
  view.every(2000, paint);
}

function draw(chosen, choose) {
  const wanted = [...memory.workloads.values()].reverse().filter(FILTERS[chosen]);
  const rows = wanted.slice(0, ROWS).map((it) => ({ key: it.workload, cells: row(it) }));
  return [
    h("div", { class: "filters", role: "group", "aria-label": "Which workloads" },
      Object.keys(FILTERS).map((name) => h("button", { type: "button", "aria-pressed": String(name === chosen), onclick: () => choose(name) }, name))),
    table("Workloads, newest first", [["Workload"], ["State"], ["Attempt", "right"], ["Prover"], ["Sender"], ["Block", "right"], ["Since", "right"]], rows, "None."),
    h("p", { class: "faint" }, `${wanted.length > ROWS ? `The newest ${ROWS} of ${wanted.length}. ` : ""}This page remembers ${WORKLOADS_MAX} workloads at most; any other is found by its id.`),
  ];
}

const row = (it) => [
  link("workload", it.workload),
  [chip(it.state), progress(it)],
  it.attempt || "\u2013",
  link("prover", it.prover),
  link("account", it.sender),
  it.since ? block(it.since.height) : "\u2013",
  it.since ? ago(it.since.time_ms, chainNow()) : "",
];
