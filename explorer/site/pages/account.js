// One account: what it holds, what it sent and asked for, and how its money moved.

import { get } from "../api.js";
import { h } from "../dom.js";
import { count, short } from "../format.js";
import { memory } from "../live.js";
import { choice, List, listing } from "../list.js";
import { amount, block, figure, full, link, section, when } from "../parts.js";
import { programList, programs } from "./programs.js";
import { workloads } from "./workloads.js";

export const heading = "Account";

const RELOAD_MS = 3000;
/** Rows of a page: four lists stand below each other. */
const limit = 10;

export function open(view, id, title) {
  title.append(" ", h("span", { class: "id" }, short(id)));
  const path = `/accounts/${encodeURIComponent(id)}`;
  const lists = {
    movements: new List(view, `${path}/movements`, "movements", (it) => `${it.height}.${it.place}`, { limit }),
    transactions: new List(view, "/transactions", "transactions", (it) => it.transaction, { account: id, limit }),
    workloads: new List(view, "/workloads", "workloads", (it) => it.workload, { account: id, limit }),
    programs: programList(view, { account: id, limit }),
  };
  let account = null;
  const paint = view.paint(() => (account ? draw(account, lists) : []));
  const load = async () => {
    await view.attempt(async () => (account = await get(path, view)));
    paint();
  };
  // The lists only where there is such an account: else one problem is told, not five.
  load().then(() => account && Object.values(lists).forEach((list) => list.follow(paint)));
  view.every(RELOAD_MS, load);
}

const draw = (account, lists) => [
  h("p", { class: "under" }, full(account.account)),
  h("div", { class: "figures" },
    figure("Balance", amount(account.balance), `at block #${count(account.height)}`),
    figure("Transactions sent", count(account.nonce)),
    memory.provers.some((it) => it.account === account.account) && figure("It is", link("prover", account.account), "a prover")),
  section("Workloads", workloads(lists.workloads, "Workloads of this account, newest first", "It asked for none.")),
  section("Transactions", transactions(lists.transactions)),
  lists.programs.rows?.length ? section("Programs", programs(lists.programs, "Programs of this account, newest first")) : null,
  section("Every movement of its money", movements(lists.movements)),
];

const KINDS = [["Transaction"], ["Kind"], ["Block", "right"], ["When", "right"]];

const transactions = (list) =>
  listing(list, "Transactions of this account, newest first", KINDS, (it) => [
    h("span", { class: "id" }, short(it.transaction, 16)), it.kind, block(it.included.height), when(it.included.time_ms),
  ], "It sent none.");

const WORDS = {
  fee: "fee of a transaction", transfer: "transfer", lock: "locked for a workload", refund: "given back", compute: "for computing",
  verdict: "for a verdict", compensation: "compensation for a rejected proof", bond: "into a bond", unbond: "out of a bond",
};
const MOVED = [["Cause"], ["Amount", "right"], ["About"], ["Block", "right"], ["When", "right"]];

const movements = (list) => [
  h("div", { class: "filters", role: "group", "aria-label": "Which movements" },
    choice("Cause", "any cause", Object.entries(WORDS), list.query.cause, (cause) => list.choose({ cause }))),
  listing(list, "Movements, newest first", MOVED, (it) => [
    WORDS[it.cause] ?? it.cause,
    h("span", { class: it.got ? "good" : "" }, it.got ? "+" : "\u2212", amount(it.amount)),
    it.workload ? link("workload", it.workload) : h("span", { class: "id faint" }, it.transaction ? `transaction ${short(it.transaction)}` : "\u2013"),
    block(it.height),
    when(it.time_ms),
  ], "None that this node remembers."),
  list.answer && h("p", { class: "faint" }, `This node knows every movement from block #${count(list.answer.since)} to #${count(list.answer.height)}.`),
];
