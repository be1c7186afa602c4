// All programs, newest first.

import { h } from "../dom.js";
import { idField, List, listing } from "../list.js";
import { block, link, when } from "../parts.js";

export const label = "Programs";
export const heading = "Programs";

export const programList = (view, query) => new List(view, "/programs", "programs", (it) => it.program, query);

export function open(view) {
  const list = programList(view);
  list.follow(view.paint(() => draw(list)));
}

const COLUMNS = [["Program"], ["Deployed by"], ["Block", "right"], ["When", "right"]];

const draw = (list) => [
  h("div", { class: "filters", role: "group", "aria-label": "Which programs" },
    idField("Account", "of the account", list.query.account, (account) => list.choose({ account }))),
  programs(list, "Programs, newest first", "None."),
];

/** A list of programs, wherever it stands. */
export const programs = (list, caption, none) => listing(list, caption, COLUMNS, row, none);

const row = (it) => [link("program", it.program, 16), link("account", it.owner), block(it.deployed.height), when(it.deployed.time_ms)];
