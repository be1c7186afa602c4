// What happens now: blocks with their leaders, workloads, the queue, and the figures of the network.

import { h } from "../dom.js";
import { count, span } from "../format.js";
import { byState, capacity, chainNow, memory, waiting } from "../live.js";
import { ago, amount, block, chip, figure, link, meter, section, table } from "../parts.js";

export const label = "Now";
export const heading = "Now";

const BLOCKS = 12;
const WORKLOADS = 12;

export function open(view) {
  const paint = view.paint(draw);
  view.every(1000, paint);
}

const draw = () => [figures(), h("div", { class: "columns" }, section("Workloads", queue(), workloads()), section("Blocks", blocks()))];

function figures() {
  const { status, blocks: [last], price } = memory;
  const { used, offered, active } = capacity();
  const interval = memory.plots.interval.points.slice(-20).map((it) => it.value);
  const mean = interval.length ? interval.reduce((sum, it) => sum + it, 0) / interval.length : NaN;
  return h("div", { class: "figures" },
    figure("Last block", last ? `#${count(last.height)}` : "\u2013", last && ago(last.time_ms, chainNow())),
    figure("Between blocks", Number.isNaN(mean) ? "\u2013" : span(mean), "mean of the last 20"),
    figure("Waiting or under way", count(waiting().length), "workloads known here"),
    figure("Provers that take work", count(active), `${memory.provers.length} registered`),
    figure("Cores in use", meter("cores in use", used, offered, `${used} of ${offered}`)),
    figure("Compute price", price === null ? "\u2013" : amount(price), status ? `for a core second, epoch ${status.epoch}` : null));
}

function queue() {
  const states = ["pending", "queued", "allocated", "proving", "proved"];
  return h("ul", { class: "queue", "aria-label": "Workloads that have not ended, by state" },
    states.map((state) => h("li", { "data-key": state }, chip(state), h("strong", {}, byState(state).length))));
}

function workloads() {
  const latest = [...memory.workloads.values()].reverse().slice(0, WORKLOADS);
  const rows = latest.map((it) => ({ key: it.workload, cells: row(it) }));
  return [
    table("The latest workloads", [["Workload"], ["State"], ["Prover"], ["Since", "right"]], rows, "No workload yet. Submit one with lemma run, and watch it here."),
    h("p", { class: "more" }, h("a", { href: "#/workloads" }, "All workloads")),
  ];
}

const row = (it) => [
  link("workload", it.workload),
  [chip(it.state), progress(it)],
  link("prover", it.prover),
  it.since ? ago(it.since.time_ms, chainNow()) : "",
];

export const progress = (it) =>
  it.state === "proving" && Number.isFinite(it.permille) ? h("span", { class: "faint" }, ` ${(it.permille / 10).toFixed(0)} %`) : null;

function blocks() {
  if (!memory.blocks.length) return h("p", { class: "none" }, "No block yet.");
  return [h("ol", { class: "blocks", "aria-label": "The latest blocks, newest first" },
    memory.blocks.slice(0, BLOCKS).map((it) =>
      h("li", { "data-key": it.height },
        h("span", { class: "number" }, block(it.height)),
        h("span", { class: "leader" }, h("span", { class: "faint" }, "led by "), link("validators", it.leader)),
        h("span", { class: "load" }, it.transactions ? h("b", {}, `${it.transactions} tx`) : h("span", { class: "faint" }, "empty")),
        h("span", { class: "right faint" }, ago(it.time_ms, chainNow()))))),
    h("p", { class: "more" }, h("a", { href: "#/blocks" }, "All blocks"))];
}
