// One prover.

import { get } from "../api.js";
import { h } from "../dom.js";
import { count, mebibytes, resources, short } from "../format.js";
import { List } from "../list.js";
import { amount, facts, figure, full, link, meter, section, table, when } from "../parts.js";
import { ledger } from "./ledger.js";
import { runtimes, status } from "./provers.js";
import { workloads } from "./workloads.js";

export const heading = "Prover";

const RELOAD_MS = 3000;

export function open(view, id, title) {
  title.append(" ", h("span", { class: "id" }, short(id)));
  const [own, paid] = [`/provers/${encodeURIComponent(id)}`, `/accounts/${encodeURIComponent(id)}/movements?limit=100`];
  const list = new List(view, "/workloads", "workloads", (it) => it.workload, { prover: id, limit: 20 });
  let known = null;
  const paint = view.paint(() => (known ? draw(...known, list) : []));
  const load = async () => {
    await view.attempt(async () => (known = await Promise.all([get(own, view), get(paid, view), get("/params", view)])));
    paint();
  };
  load().then(() => known && list.follow(paint));
  view.every(RELOAD_MS, load);
}

const draw = (it, paid, params, list) => [
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
  section("Its workloads", workloads(list, "Workloads of this prover, newest first", "None.")),
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
