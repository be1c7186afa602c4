// Validators: who signs, with which bond, and what they vote for.

import { get } from "../api.js";
import { h, show } from "../dom.js";
import { count } from "../format.js";
import { memory } from "../live.js";
import { amount, block, link, mark, table } from "../parts.js";

export const label = "Validators";
export const heading = "Validators";

const RELOAD_MS = 5000;

export function open(view) {
  const load = () => view.attempt(async () => show(view.root, draw(await get("/validators", view))));
  view.every(RELOAD_MS, load);
  load();
}

const COLUMNS = [["Node key"], ["Account"], ["Bond", "right"], ["Signs now"], ["Next epoch"], ["Last block led", "right"], ["Of the last blocks", "right"], ["Votes for"]];

function draw({ epoch, seats, validators }) {
  const led = new Map();
  memory.blocks.forEach((it) => led.set(it.leader, (led.get(it.leader) ?? 0) + 1));
  const rows = validators.map((it) => ({ key: it.peer, cells: [
    h("span", { class: "id", title: it.peer }, mark(it.peer), it.peer.slice(0, 8)),
    link("account", it.account),
    [amount(it.bond), it.unbonding.length ? h("span", { class: "faint" }, ` and ${it.unbonding.length} taken back`) : null],
    yes(it.seated), yes(it.next),
    it.led ? block(it.led) : "\u2013",
    `${led.get(it.peer) ?? 0} of ${memory.blocks.length}`,
    it.vote ? it.vote.map((change) => `${change.parameter} = ${change.value}`).join(", ") : "\u2013",
  ] }));
  return [
    table("Validators", COLUMNS, rows),
    h("p", { class: "faint" }, `Epoch ${count(epoch)}, ${seats} seats. Blocks are final by more than two thirds of the seats; the leader of each is drawn.`),
  ];
}

const yes = (is) => (is ? h("span", { class: "good" }, "\u2713 yes") : h("span", { class: "faint" }, "no"));
