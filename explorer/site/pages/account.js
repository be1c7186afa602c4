// One account: what it holds, and how its money moved.

import { get } from "../api.js";
import { h, show } from "../dom.js";
import { count, short } from "../format.js";
import { memory } from "../live.js";
import { amount, block, figure, full, link, section, table, when } from "../parts.js";

export const heading = "Account";

const PAGE = 50;
const RELOAD_MS = 3000;

export function open(view, id, title) {
  title.append(" ", h("span", { class: "id" }, short(id)));
  let before = null;
  const load = () => view.attempt(async () => {
    const path = `/accounts/${encodeURIComponent(id)}`;
    const query = before ? `&before=${encodeURIComponent(before)}` : "";
    const [account, page] = await Promise.all([get(path, view), get(`${path}/movements?limit=${PAGE}${query}`, view)]);
    show(view.root, draw(account, page, before, (place) => ((before = place), load())));
  });
  view.every(RELOAD_MS, () => before === null && load());
  load();
}

const draw = (account, page, before, turn) => [
  h("p", { class: "under" }, full(account.account)),
  h("div", { class: "figures" },
    figure("Balance", amount(account.balance), `at block #${count(account.height)}`),
    figure("Transactions sent", count(account.nonce)),
    memory.provers.some((it) => it.account === account.account) && figure("It is", link("prover", account.account), "a prover")),
  section("Every movement of its money", movements(page),
    h("div", { class: "filters" },
      h("button", { type: "button", disabled: before === null, onclick: () => turn(null) }, "Newest"),
      h("button", { type: "button", disabled: !page.next, onclick: () => turn(page.next) }, "Older")),
    h("p", { class: "faint" }, `This node has seen every movement from block #${count(page.since)} to #${count(page.height)}.`)),
];

const WORDS = {
  fee: "fee of a transaction", transfer: "transfer", lock: "locked for a workload", refund: "given back", compute: "for computing",
  verdict: "for a verdict", compensation: "compensation for a rejected proof", bond: "into a bond", unbond: "out of a bond",
};

const movements = ({ movements: rows }) =>
  table("Movements, newest first", [["Cause"], ["Amount", "right"], ["About"], ["Block", "right"], ["When", "right"]],
    rows.map((it) => ({ key: `${it.height}.${it.place}`, cells: [
      WORDS[it.cause] ?? it.cause,
      h("span", { class: it.got ? "good" : "" }, it.got ? "+" : "\u2212", amount(it.amount)),
      it.workload ? link("workload", it.workload) : h("span", { class: "id faint" }, it.transaction ? `transaction ${short(it.transaction)}` : "\u2013"),
      block(it.height),
      when(it.time_ms),
    ] })),
    "None that this node remembers.");
