// One block: who led it, what it holds, what it did.

import { get } from "../api.js";
import { h, show } from "../dom.js";
import { bytes, count, short } from "../format.js";
import { amount, block as blockLink, facts, link, section, table, when } from "../parts.js";

export const heading = "Block";

export function open(view, height, title) {
  title.append(` #${height.slice(0, 20)}`);
  view.attempt(async () => show(view.root, draw(await get(`/blocks/${encodeURIComponent(height)}`, view))));
}

const draw = (it) => [
  h("p", { class: "under" },
    it.height > 0 && h("a", { href: `#/block/${it.height - 1}` }, "\u2190 the one below"), " ",
    h("a", { href: `#/block/${it.height + 1}` }, "the one above \u2192")),
  section("Header", facts([
    ["Hash", code(it.hash)],
    ["Chain time", when(it.time_ms)],
    ["Leader", link("validators", it.leader)],
    ["Epoch and view", `${count(it.epoch)}, ${count(it.view)}`],
    ["Hash of the block below", code(it.parent)],
    ["State root", code(it.state_root)],
    ["Body", bytes(it.body_bytes), h("span", { class: "faint" }, ` hash ${short(it.body_hash)}`)],
    ["Beacons", it.beacons.length ? it.beacons.map((height) => ["of ", blockLink(height), " "]) : "none"],
    ["Also in it", `${it.messages} messages of provers, ${it.settlements} settlements, ${it.heartbeats} heartbeats, ${it.evidence} pieces of evidence`],
  ])),
  section("Transactions", table("Transactions", [["Kind"], ["Sender"], ["About"], ["Id"]],
    it.transactions.map((tx) => ({ key: tx.transaction, cells: [tx.kind, link("account", tx.sender), about(tx), h("span", { class: "id faint" }, short(tx.transaction))] })), "None.")),
  section("What it did", it.events === null
    ? h("p", { class: "none" }, "This node does not remember.")
    : table("Events", [["Event"], ["Workload"], ["Prover"], ["More"]], it.events.map((event, place) => ({ key: place, cells: [
      event.event, link("workload", event.workload), link("prover", event.prover), event.reason ?? event.state ?? "",
    ] })), "Nothing.")),
];

const code = (text) => h("code", { class: "break" }, text);

function about(tx) {
  if (tx.workload) return link("workload", tx.workload);
  if (tx.program) return link("program", tx.program);
  if (tx.to) return [amount(tx.amount), " to ", link("account", tx.to)];
  if (tx.amount) return [amount(tx.amount), tx.role && ` as ${tx.role}`];
  return "\u2013";
}
