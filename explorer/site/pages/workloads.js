// All workloads, newest first: of one state, of one account, program or prover.

import { h } from "../dom.js";
import { chainNow, latest } from "../live.js";
import { choice, idField, List, listing } from "../list.js";
import { ago, block, chip, link } from "../parts.js";
import { progress } from "./home.js";

export const label = "Workloads";
export const heading = "Workloads";

const STATES = ["pending", "queued", "allocated", "proving", "proved", "verified", "failed", "cancelled", "expired"];
const OF = ["account", "program", "prover"];

export function open(view) {
  const list = new List(view, "/workloads", "workloads", (it) => it.workload);
  let of = OF[0];
  const choose = (kind, id) => {
    of = kind;
    list.choose({ ...Object.fromEntries(OF.map((name) => [name, ""])), [of]: id });
  };
  list.follow(view.paint(() => draw(list, of, choose)));
}

const draw = (list, of, choose) => [
  h("div", { class: "filters", role: "group", "aria-label": "Which workloads" },
    choice("State", "any state", STATES.map((state) => [state, state]), list.query.state, (state) => list.choose({ state })),
    choice("Whose", "of the account", [["program", "of the program"], ["prover", "of the prover"]], of === OF[0] ? "" : of,
      (kind) => choose(kind || OF[0], list.query[of] ?? "")),
    idField("Whose id", "its id", list.query[of], (id) => choose(of, id))),
  workloads(list, "Workloads, newest first", "None."),
];

const COLUMNS = [["Workload"], ["State"], ["Attempt", "right"], ["Program"], ["Prover"], ["Sender"], ["Came in", "right"], ["Since", "right"]];

/** A list of workloads, wherever it stands. */
export const workloads = (list, caption, none) => listing(list, caption, COLUMNS, (it) => row(latest(it)), none);

const row = (it) => [
  link("workload", it.workload),
  [chip(it.state), progress(it)],
  it.attempt || "\u2013",
  link("program", it.program),
  link("prover", it.prover),
  link("account", it.sender),
  it.created ? block(it.created.height) : "\u2013",
  it.since ? ago(it.since.time_ms, chainNow()) : "",
];
