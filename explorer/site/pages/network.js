// The network as a whole: plots of what was gathered since the page was opened, and the parameters in force.

import { get } from "../api.js";
import { h, show } from "../dom.js";
import { bytes, count, span } from "../format.js";
import { memory, onEvent } from "../live.js";
import { amount, facts, full, section, table } from "../parts.js";
import { plot } from "../plot.js";

export const label = "Network";
export const heading = "Network";

const percent = (value) => `${Number(value.toFixed(1))} %`;
const figures = (value) => String(Number(value.toPrecision(4)));
const whole = (value) => String(Number(value.toFixed(1)));

export function open(view) {
  let params = null;
  const paint = view.paint(() => [section("Since this page was opened", plots()), section("Chain", chain()), params && section("Parameters in force", parameters(params))]);
  view.attempt(async () => {
    params = await get("/params", view);
    paint();
  });
}

function plots() {
  const { interval, finality, queue, price, capacity, verdicts } = memory.plots;
  return h("div", { class: "plots" },
    plot({ title: "Between final blocks", series: interval, say: span, about: "Chain time from block to block; the latest blocks before the page was opened too." }),
    plot({ title: "From mempool to final block", series: finality, say: span, dots: true, about: "Of each run that came while this page was open, as seen here." }),
    plot({ title: "Queue", series: queue, say: whole, about: "Workloads known here that have not ended." }),
    plot({ title: "Capacity in use", series: capacity, say: percent, top: 100, about: "Cores that live attempts take, of those of provers that take work." }),
    plot({ title: "Compute price", series: price, say: (value) => `${figures(value)} LEM`, tick: figures, about: "For one core and one second; it moves between epochs." }),
    plot({ title: "Verdict participation", series: verdicts, say: percent, top: 100, dots: true, about: "Verdicts in the certificate of each verified workload, of the verdict set's members." }));
}

function chain() {
  const { status } = memory;
  if (!status) return h("p", { class: "none" }, "Not known yet.");
  return facts([
    ["Name", status.name],
    ["Chain", full(status.chain)],
    ["Group key, with which every receipt is checked", full(status.group_key)],
    ["Epoch", count(status.epoch)],
    ["This node", full(status.node)],
    ["Its peers", count(status.peers)],
    ["Versions", `node ${status.versions.node}, API ${status.versions.api}, verifier ${status.versions.verifier}`],
  ]);
}

const WITH_UNIT = { LEM: amount, milliseconds: span, bytes, number: count };

const value = (it, unit) => (Object.hasOwn(WITH_UNIT, unit) ? WITH_UNIT[unit](it) : `${count(it)} ${unit}`);

const parameters = ({ params }) =>
  table("Parameters", [["Parameter"], ["Value", "right"], ["Meaning"], ["By vote"]], params.map((it) => ({ key: it.name, cells: [
    h("code", {}, it.name), value(it.value, it.unit), h("span", { class: "about" }, it.about), it.votable ? "yes" : "no",
  ] })));

/** Of workloads that were verified, one at a time: how many of the provers that judge it did so. */
export function watchVerdicts() {
  let asking = false;
  onEvent(async (event) => {
    if (event.event !== "ended" || event.state !== "verified" || document.hidden || asking) return;
    asking = true;
    const members = memory.provers.filter((it) => it.member).length;
    const workload = await get(`/workloads/${event.workload}`).catch(() => null);
    asking = false;
    const verdicts = workload?.attempts.at(-1)?.end?.verdicts;
    if (verdicts && members) memory.plots.verdicts.add(event.time_ms, Math.min(100, (100 * verdicts) / members));
  });
}
