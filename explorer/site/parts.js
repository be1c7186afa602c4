// Pieces that pages share.

import { s, h } from "./dom.js";
import { about, clock, hue, short } from "./format.js";

/** A link to a page about something with an id. */
export const link = (page, id, letters) =>
  id ? h("a", { href: `#/${page}/${id}`, class: "id", title: id }, mark(id), short(id, letters)) : h("span", { class: "faint" }, "\u2013");

/** A small sign that is always the same for an id. */
export function mark(id) {
  const dots = [...short(id, 9)].map((digit, place) => (Number.parseInt(digit, 16) % 2 ? [place % 3, Math.floor(place / 3)] : null));
  return s("svg", { class: "mark", viewBox: "0 0 13 13", width: 13, height: 13, "aria-hidden": "true", fill: `hsl(${hue(id)} 55% 50%)` },
    s("rect", { width: 13, height: 13, rx: 3, "fill-opacity": 0.22 }),
    dots.filter(Boolean).map(([x, y]) => s("rect", { x: 2 + 3 * x, y: 2 + 3 * y, width: 3, height: 3 })));
}

export const block = (height) => h("a", { href: `#/block/${height}` }, `#${height}`);

/** The state of a workload as a coloured word. */
export const chip = (state) => h("span", { class: `chip ${/^[a-z]+$/.test(state ?? "") ? state : ""}` }, state ?? "unknown");

/** A time of the chain. */
export const when = (ms) => h("time", { datetime: new Date(ms).toISOString(), title: new Date(ms).toISOString() }, clock(ms));

/** How long ago, for people. */
export function ago(ms, now) {
  const date = new Date(ms).toISOString();
  return h("time", { datetime: date, title: date }, now - ms < 1500 ? "now" : `${about(now - ms)} ago`);
}

export const amount = (lem) => h("span", { class: "amount" }, `${lem ?? "0"}`, h("span", { class: "unit" }, " LEM"));

/** A whole id that can be copied. */
export function full(id) {
  const onclick = (event) => copy(event.currentTarget, id);
  return h("span", { class: "full" }, h("code", {}, id),
    h("button", { type: "button", class: "quiet copy", "data-own": true, "aria-label": `Copy ${short(id)}`, onclick }, "Copy"));
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed here";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

/** A table in a frame that scrolls where it is too wide. Columns: [heading, class]. Rows: { key, cells }. */
export function table(caption, columns, rows, none = "Nothing yet.") {
  if (!rows.length) return h("p", { class: "none" }, none);
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, columns.map(([name, kind]) => h("th", { scope: "col", class: kind }, name)))),
      h("tbody", {}, rows.map(({ key, cells }) =>
        h("tr", { "data-key": key }, cells.map((cell, place) => h("td", { class: columns[place][1] }, cell)))))));
}

/** Names and values. */
export const facts = (pairs) =>
  h("dl", { class: "facts" }, pairs.filter(Boolean).map(([name, ...value]) => h("div", {}, h("dt", {}, name), h("dd", {}, ...value))));

/** A part of a page with a heading. */
export const section = (title, ...children) =>
  h("section", { "data-key": title }, h("h2", {}, title), ...children);

/** How full something is. */
export function meter(label, part, whole, words) {
  const share = whole > 0 ? Math.min(100, (100 * part) / whole) : 0;
  return h("div", { class: "meter" },
    s("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none", role: "img", "aria-label": `${label}: ${words}` },
      s("rect", { class: "all", width: 100, height: 6 }), s("rect", { class: "part", width: share.toFixed(2), height: 6 })),
    h("span", {}, words));
}

/** A large figure with its name. */
export const figure = (name, value, more) =>
  h("div", { class: "figure", "data-key": name }, h("span", { class: "name" }, name), h("strong", {}, value), more && h("span", { class: "more" }, more));

/** A problem, as the API tells it. */
export const trouble = (problem) =>
  h("div", { class: "trouble", role: "alert" },
    h("strong", {}, problem.title ?? "something went wrong in this page"),
    h("p", {}, problem.detail ?? problem.message ?? ""),
    problem.hint && h("p", {}, h("em", {}, "What to do: "), problem.hint),
    problem.code && h("p", { class: "faint" }, `code ${problem.code}${problem.status ? `, status ${problem.status}` : ""}`));
