// One workload: its life with times and reasons, why it waits, its draw, verdicts, money, inputs and results.

import { get, Problem, whole } from "../api.js";
import { h, show } from "../dom.js";
import { repeat } from "../draw.js";
import { bytes, clock, resources, short, span } from "../format.js";
import { chainNow, ended, memory, noteProgram } from "../live.js";
import { block, chip, facts, full, link, meter, section, table, trouble, when } from "../parts.js";
import { Refused, verify } from "../receipt.js";
import { drawSection, verdictSection } from "./evidence.js";
import { logSection } from "./log.js";
import { moneySection } from "./money.js";

export const heading = "Workload";

/** Receipts up to this size are fetched and checked without being asked. */
const RECEIPT_MAX = 4 * 1024 * 1024;
const RELOAD_MS = 1500;

export function open(view, id, title) {
  title.append(" ", h("span", { class: "id" }, short(id)));
  const state = { id, data: null, program: null, report: null, draw: null, refused: null, paid: null, problem: null };
  const paint = () => show(view.root, draw(state));
  const load = () => view.attempt(() => reload(view, state, paint));
  let timer = null;
  view.onEvent((event) => {
    const concerns = event.workload === id ? event.event !== "progress" : event.event === "block";
    if (!concerns || timer || (state.data && ended(state.data.state))) return;
    timer = setTimeout(() => ((timer = null), load()), event.workload === id ? 150 : RELOAD_MS);
  });
  view.every(500, () => state.data && !ended(state.data.state) && paint());
  load();
}

async function reload(view, state, paint) {
  try {
    state.data = await get(`/workloads/${encodeURIComponent(state.id)}`, view);
    state.problem = null;
  } catch (problem) {
    if (!state.data || !(problem instanceof Problem)) throw problem;
    state.problem = problem;
  }
  paint();
  const { run } = state.data;
  if (run && !state.program) state.program = await aboutProgram(run.program, view);
  if (run) state.paid = await movements(run.sender, state.id, view);
  if (ended(state.data.state) && !state.report) await checkReceipt(view, state);
  paint();
}

/** What is shown besides the workload itself may be missing: then the rest is still shown. */
const orNull = async (asked) => {
  try {
    return await asked;
  } catch (problem) {
    if (problem instanceof Problem) return null;
    throw problem;
  }
};

async function aboutProgram(id, view) {
  const program = memory.programs.get(id)?.name ? memory.programs.get(id) : await orNull(get(`/programs/${id}`, view));
  if (program) noteProgram(id, program);
  return program;
}

async function movements(sender, id, view) {
  const page = await orNull(get(`/accounts/${sender}/movements?limit=100`, view));
  return page ? page.movements.filter((it) => it.workload === id || it.transaction === id) : null;
}

async function checkReceipt(view, state) {
  try {
    const file = await whole(`/workloads/${state.id}/receipt`, RECEIPT_MAX, view);
    const report = await verify(file, memory.status?.group_key ?? (await get("/status", view)).group_key);
    state.draw = report.draw ? await repeat({ ...report.draw, workload: state.id }) : null;
    state.report = report;
  } catch (error) {
    if (view.signal.aborted) return;
    const why = error.detail ? `${error.title}: ${error.detail}` : error.message;
    state.refused = error instanceof Refused ? `The receipt does not hold: ${why}.` : `The receipt could not be checked here: ${why}.`;
  }
}

function draw(state) {
  const { data } = state;
  return [
    h("p", { class: "under" }, full(state.id)),
    state.problem && trouble(state.problem),
    h("div", { class: "now", "data-key": "now" },
      h("div", { class: "head" }, chip(data.state), countdown(data)),
      h("p", { class: "explain" }, sentence(data)),
      proving(state)),
    data.run && stages(data),
    section("Its life", life(data)),
    h("div", { class: "columns even" },
      section("The draw", drawSection(data, state)),
      section("Verdicts", verdictSection(data, state))),
    data.run && h("div", { class: "columns even" },
      section("Money", moneySection(data, state.paid)),
      section("What was asked for", asked(data, state.program), inputs(data.run))),
    section("Results", results(data)),
    section("Log", logSection(data)),
  ];
}

/** The explanation without the word that stands beside it. */
const sentence = (data) => data.explain.replace(`${data.state}: `, "");

function countdown(data) {
  if (!data.moves_on_ms || ended(data.state)) return null;
  const left = data.moves_on_ms - chainNow();
  return h("span", { class: "faint" }, left > 0 ? `moves on by itself in ${span(left)} of chain time` : "its time is up; it moves on with the next blocks");
}

function proving(state) {
  const permille = memory.workloads.get(state.id)?.permille;
  if (state.data.state !== "proving" || !Number.isFinite(permille)) return null;
  return meter("how far the program says it is", permille, 1000, `${(permille / 10).toFixed(0)} %`);
}

const STAGES = ["queued", "allocated", "proving", "proved"];

/** How long it was in each state, over all attempts. */
function stages(data) {
  const times = new Map(STAGES.map((name) => [name, 0]));
  const end = ended(data.state) ? data.since.time_ms : Math.max(chainNow(), data.since.time_ms);
  data.timeline.forEach((step, place) => {
    const until = data.timeline[place + 1]?.time_ms ?? end;
    if (times.has(step.state)) times.set(step.state, times.get(step.state) + until - step.time_ms);
  });
  const reached = new Set(data.timeline.map((step) => step.state));
  const last = ended(data.state) ? data.state : "verified";
  return h("ol", { class: "stages", "aria-label": "Stages and how long each took" }, [...STAGES, last].map((name) =>
    h("li", { class: `${reached.has(name) ? "reached" : ""} ${name === data.state ? "here" : ""} ${name}`, "aria-current": name === data.state ? "step" : null },
      h("span", { class: "name" }, name),
      h("span", { class: "time" }, name === last ? (ended(data.state) ? `after ${span(end - data.created.time_ms)}` : "\u2013") : reached.has(name) ? span(times.get(name)) : "\u2013"))));
}

const WORDS = {
  queued: "The run came into a block; its fee was locked",
  allocated: "A prover was drawn",
  accepted: "The prover accepted and proves",
  proved: "The proof was announced; provers judge it",
  "attempt-ended": "The attempt ended",
  verified: "Settled: the proof is verified",
  failed: "Failed for good",
  cancelled: "Taken back by its sender",
  expired: "No prover could be found in time",
};

function life(data) {
  if (!data.timeline.length) return h("p", { class: "none" }, "Nothing of it is in a block yet.");
  const begin = data.timeline[0].time_ms;
  return h("ol", { class: "life" }, data.timeline.map((step, place) =>
    h("li", { "data-key": place, class: step.state },
      h("span", { class: "time" }, place ? `+${span(step.time_ms - begin)}` : clock(begin)),
      h("div", {},
        h("strong", {}, WORDS[step.event] ?? step.event),
        step.attempt > 1 && h("span", { class: "faint" }, ` (attempt ${step.attempt})`),
        h("p", {}, step.prover && [link("prover", step.prover), " "], step.reason && [step.reason, " "], h("span", { class: "faint" }, "in block "), block(step.height), h("span", { class: "faint" }, " at ", when(step.time_ms)))))));
}

const asked = ({ run, kind }, program) => facts([
  ["Program", link("program", run.program), program && ` ${program.name}`],
  ["Sender", link("account", run.sender), kind === "test" && " (the chain tests this prover's capacity)"],
  ["Resources", resources(run.resources)],
  ["Longest compute time", span(run.compute_max_ms)],
  ["Arguments", run.arguments ? h("code", { class: "break" }, run.arguments.slice(0, 512)) : "none"],
]);

function inputs(run) {
  const rows = run.inputs.map((it, place) => ({ key: place, cells: [place + 1, it.role, bytes(it.size), content(it)] }));
  return table("Inputs", [["#"], ["Input"], ["Size", "right"], ["Content"]], rows, "No inputs.");
}

const content = (it) =>
  it.blob
    ? h("a", { href: `/v1/blobs/${it.blob}`, download: `${short(it.blob)}.bin`, class: "id" }, `blob ${short(it.blob)}`)
    : h("code", { class: "break" }, it.inline.slice(0, 128), it.inline.length > 128 && "\u2026");

function results(data) {
  const path = `/v1/workloads/${data.workload}`;
  const save = (href, name, label, about) => h("li", {}, h("a", { href, download: name, class: "button" }, label), h("span", { class: "faint" }, about));
  const query = data.proof?.verified ? "" : "&unverified=true";
  const word = data.proof?.verified ? "verified" : "not yet verified";
  const offers = data.proof && !(ended(data.state) && !data.proof.verified);
  const items = [
    ended(data.state) && save(`${path}/receipt`, `${data.workload}.receipt`, "Receipt", "the evidence of this end, to be checked with no node"),
    offers && save(`${path}/proof?part=proof${query}`, `${short(data.workload)}.proof`, "Proof", word),
    offers && save(`${path}/proof?part=public${query}`, `${short(data.workload)}.public`, "Public values", "what the prover claims besides"),
    offers && save(`${path}/proof?part=bundle${query}`, `${short(data.workload)}.bundle`, "Bundle", `both, ${bytes(data.proof.size)}`),
  ].filter(Boolean);
  return items.length ? h("ul", { class: "results" }, items) : h("p", { class: "none" }, "No proof yet. The receipt is made when the workload has ended.");
}
