// A list of the API, page by page: the newest rows are asked for again as time goes, older ones when they are wanted.

import { get, Problem } from "./api.js";
import { h } from "./dom.js";
import { memory } from "./live.js";
import { table, trouble } from "./parts.js";

const PAGE = 50;
const RELOAD_MS = 3000;
/** Rows that one list shows at most: a filter finds what is further back. */
export const ROWS_MAX = 1000;

export class List {
  /** What is at `path`, in the field `name` of the answer; `keyOf` tells its rows apart. */
  constructor(view, path, name, keyOf, query = {}) {
    Object.assign(this, { view, path, name, keyOf, query, rows: null, next: null, answer: null, failed: null, busy: false, moved: false });
    this.changed = () => {};
  }

  /** Asks now and again until the page is left, and tells `changed` of what is new. */
  follow(changed) {
    this.changed = changed;
    this.view.every(RELOAD_MS, () => memory.online && this.refresh());
    this.view.onEvent((event) => event.event === "gap" && this.refresh());
    return this.refresh();
  }

  /** Asks for other rows. Empty values of the query are left out of it. */
  choose(query) {
    Object.assign(this, { query: { ...this.query, ...query }, rows: null, next: null });
    this.changed();
    return this.refresh();
  }

  /** The newest rows once more, before those further back that are known. */
  refresh() {
    return this.#asking(null, (page, fresh) => {
      const known = this.rows ?? [];
      const last = fresh.length ? known.findIndex((it) => this.keyOf(it) === this.keyOf(fresh.at(-1))) : -1;
      const older = last < 0 ? [] : known.slice(last + 1, ROWS_MAX);
      if (!older.length) this.next = page.next;
      this.rows = this.#once([...fresh, ...older]);
    });
  }

  /** The next page of older rows. */
  more() {
    this.busy = true;
    this.changed();
    return this.#asking(this.next, (page, fresh) => {
      this.next = page.next;
      this.rows = this.#once([...(this.rows ?? []), ...fresh]);
    });
  }

  #once = (rows) => [...new Map(rows.map((it) => [this.keyOf(it), it])).values()];

  async #asking(cursor, take) {
    const { query } = this;
    try {
      const page = await get(address(this.path, { ...query, cursor }), this.view);
      // Meanwhile others may have been asked for, or the list may have begun anew.
      if (query !== this.query || (cursor && cursor !== this.next)) return;
      this.answer = page;
      this.failed = null;
      take(page, page[this.name]);
    } catch (problem) {
      if (this.view.signal.aborted || query !== this.query) return;
      if (!(problem instanceof Problem)) throw problem;
      this.failed = problem;
    } finally {
      if (cursor) this.busy = false;
    }
    this.changed();
  }
}

function address(path, query) {
  const given = Object.entries({ limit: PAGE, ...query }).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return `${path}?${new URLSearchParams(given)}`;
}

/** The rows of a list as a table, with what leads to more. */
export function listing(list, caption, columns, row, none) {
  const rows = (list.rows ?? []).map((it) => ({ key: list.keyOf(it), cells: row(it) }));
  return h("div", { class: "listing", "data-key": caption },
    list.rows === null ? !list.failed && h("p", { class: "none" }, "Asking\u2026") : table(caption, columns, rows, none),
    list.failed && trouble(list.failed),
    h("div", { class: "more", role: "group", "aria-label": caption }, further(list, rows.length)));
}

function further(list, shown) {
  if (!shown) return null;
  const said = (words) => h("span", { class: "faint", role: "status", tabindex: "-1" }, words);
  if (!list.next) return said(`${shown} in all.`);
  if (shown >= ROWS_MAX) return said(`${shown} shown, as many as this page takes. Choose fewer to see what is further back.`);
  return [h("button", { type: "button", "aria-disabled": String(list.busy), onclick: (event) => list.busy || onward(list, event.currentTarget.parentNode) }, "More"),
    said(`${shown} shown`)];
}

/** Goes on, and keeps the focus beside what was pressed when there is no more to press. */
async function onward(list, place) {
  await list.more();
  if (document.activeElement === document.body) (place.querySelector("button") ?? place.querySelector("[role=status]"))?.focus();
}

/** One of several values, or any: [value, words]. */
export const choice = (name, any, values, chosen, choose) =>
  h("label", {}, h("span", { class: "unseen" }, name),
    h("select", { "aria-label": name, onchange: (event) => choose(event.currentTarget.value) },
      [["", any], ...values].map(([value, words]) => h("option", { value, selected: value === chosen }, words))));

/** An id to look for; empty for any. */
export function idField(name, hint, chosen, choose) {
  const onchange = (event) => {
    const field = event.currentTarget;
    field.value = field.value.trim().toLowerCase();
    if (field.reportValidity()) choose(field.value);
  };
  return h("input", { type: "search", "aria-label": name, placeholder: hint, title: `${name}: 64 hexadecimal digits`, pattern: "[0-9a-f]{64}",
    maxlength: 80, spellcheck: "false", autocomplete: "off", value: chosen, "data-own": true, onchange });
}
