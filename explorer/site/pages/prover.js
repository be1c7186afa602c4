// One prover.

import { get } from "../api.js";
import { h, show } from "../dom.js";
import { count, mebibytes, resources, short } from "../format.js";
import { memory } from "../live.js";
import { amount, chip, facts, figure, full, link, meter, section, table, when } from "../parts.js";
import { ledger } from "./ledger.js";
import { runtimes, status } from "./provers.js";

export const heading = "Prover";

const RELOAD_MS = 3000;

export function open(view, id, title) {
  title.append(" ", h("span", { class: "id" }, short(id)));
  const [own, paid] = [`/provers/${encodeURIComponent(id)}`, `/accounts/${encodeURIComponent(id)}/movements?limit=100`];
  const load = () => view.attempt(async () => {
    const all = await Promise.all([get(own, view), get(paid, view), get("/params", view)]);
    show(view.root, draw(...all));
  });
  view.every(RELOAD_MS, load);
  load();
}

const draw = (it, paid, params) => [
  h("p", { class: "under" }, full(it.account)),
  h("div", { class: "figures" },
    figure("Now", status(it)),
    figure("Earned", amount(it.tally.earned), h("a", { href: `#/account/${it.account}` }, "every movement of its account")),
    figure("Verified", count(it.tally.verified), `of ${count(it.tally.allocated)} that were drawn for it`),
    figure("Missed", count(it.tally.missed), `${count(it.tally.failed)} failed, ${count(it.tally.rejected)} rejected`),
    figure("Verdicts", count(it.tally.verdicts), "in certificates"),
    figure("Bond", amount(it.bond), "what it stands to lose")),
  section("Capacity", capacity(it)),
  section("Ledger", ledger(it, paid, params)),
  section("What counts towards jail", misses(it)),
  section("Its latest workloads", workloads(it)),
  section("More", facts([
    ["Address of its API", h("code", { class: "break" }, it.address || "it does not say")],
    ["Verdict key", h("code", { class: "break" }, it.key)],
    ["Last epoch with a sign of life", count(it.seen)],
    it.jailed_until_ms !== null && ["Jailed until", when(it.jailed_until_ms)],
    ...it.unbonding.map((part) => ["Taken back, can still be lost", amount(part.amount), " until ", when(part.release_ms)]),
  ])),
];

const capacity = (it) => [
  meter("cores in use", it.in_use.cpus, it.capacity.cpus, `${it.in_use.cpus} of ${it.capacity.cpus} cores`),
  meter("memory in use", it.in_use.memory_mib, it.capacity.memory_mib, `${mebibytes(it.in_use.memory_mib)} of ${mebibytes(it.capacity.memory_mib)} memory`),
  it.capacity.disk_mib ? meter("disk in use", it.in_use.disk_mib, it.capacity.disk_mib, `${mebibytes(it.in_use.disk_mib)} of ${mebibytes(it.capacity.disk_mib)} disk`) : null,
  facts([
    ["Runtimes", runtimes(it)],
    ["Live attempts", count(it.live)],
    it.declared && ["Declared, and counts once it passed its test", resources(it.declared)],
    it.test && ["Under test by", link("workload", it.test)],
  ]),
];

const misses = (it) =>
  table("Misses, oldest first", [["When"], ["Whose workload"], ["What"]],
    it.misses.map((miss, place) => ({ key: place, cells: [when(miss.time_ms), link("account", miss.user), miss.fail ? "failed where another succeeded" : "missed"] })),
    "Nothing.");

const workloads = (it) =>
  table("Workloads of this prover", [["Workload"], ["State"], ["Attempt", "right"]],
    [...memory.workloads.values()].filter((known) => known.prover === it.account).reverse().slice(0, 20)
      .map((known) => ({ key: known.workload, cells: [link("workload", known.workload), chip(known.state), known.attempt] })),
    "None among those that this page knows.");
