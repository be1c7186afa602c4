// All accounts, those that were first seen last above.

import { h } from "../dom.js";
import { count } from "../format.js";
import { memory } from "../live.js";
import { List, listing } from "../list.js";
import { amount, link } from "../parts.js";

export const label = "Accounts";
export const heading = "Accounts";

export function open(view) {
  const list = new List(view, "/accounts", "accounts", (it) => it.account);
  list.follow(view.paint(() => draw(list)));
}

const COLUMNS = [["Account"], ["Balance", "right"], ["Transactions sent", "right"], ["It is"]];

const draw = (list) => listing(list, "Accounts, those first seen last above", COLUMNS, row, "None.");

const isProver = (id) => memory.provers.some((it) => it.account === id);

const row = (it) => [
  link("account", it.account, 16), amount(it.balance), count(it.nonce),
  isProver(it.account) ? h("a", { href: `#/prover/${it.account}` }, "a prover") : "",
];
