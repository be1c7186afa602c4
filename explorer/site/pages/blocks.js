// All blocks, by who led them.

import { get } from "../api.js";
import { h } from "../dom.js";
import { count, short } from "../format.js";
import { chainNow } from "../live.js";
import { choice, List, listing } from "../list.js";
import { ago, block, link } from "../parts.js";

export const label = "Blocks";
export const heading = "Blocks";

export function open(view) {
  const list = new List(view, "/blocks", "blocks", (it) => it.height);
  let leaders = [];
  const paint = view.paint(() => draw(list, leaders));
  list.follow(paint);
  view.attempt(async () => {
    leaders = (await get("/validators", view)).validators.map((it) => [it.peer, `led by ${short(it.peer, 16)}`]);
    paint();
  });
}

const COLUMNS = [["Block"], ["Leader"], ["Transactions", "right"], ["Events", "right"], ["Hash"], ["When", "right"]];

const draw = (list, leaders) => [
  h("div", { class: "filters", role: "group", "aria-label": "Which blocks" },
    choice("Leader", "any leader", leaders, list.query.leader, (leader) => list.choose({ leader }))),
  listing(list, "Blocks, newest first", COLUMNS, row, "None."),
];

const row = (it) => [
  block(it.height), link("validators", it.leader), count(it.transactions), count(it.events),
  h("span", { class: "id faint" }, short(it.hash)), ago(it.time_ms, chainNow()),
];
