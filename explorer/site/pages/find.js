// What was looked for is not among what this page remembers: it offers what it could be.

import { h, show } from "../dom.js";
import { isId } from "../search.js";

export const heading = "Find";

export function open(view, query) {
  const text = query.toLowerCase();
  show(view.root, isId(text) ? choices(text) : explain(query));
}

const choices = (id) => [
  h("p", {}, "This id is not among what happened lately. It may be:"),
  h("ul", { class: "choices" }, ["workload", "program", "prover", "account"].map((page) =>
    h("li", {}, h("a", { href: `#/${page}/${id}` }, `a ${page}`.replace("a account", "an account"))))),
  h("p", {}, h("code", { class: "break" }, id)),
];

const explain = (query) => [
  h("p", {}, "Nothing that is known here has this name:"),
  h("p", {}, h("code", { class: "break" }, query)),
  h("p", {}, "Look for the number of a block, a whole id of 64 hexadecimal digits, or the first digits of something that was on this page lately."),
];
