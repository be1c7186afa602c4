// What happens, as it happens: one event stream for the whole page, and a bounded memory of what it told.

import { all, backoff, get } from "./api.js";
import { Series } from "./series.js";

/** What is remembered at most, however long the page stays open. */
export const BLOCKS_MAX = 120;
export const WORKLOADS_MAX = 400;
export const PROGRAMS_MAX = 200;
export const PROVERS_MAX = 2000;

const ENDS = new Set(["verified", "failed", "cancelled", "expired"]);
export const ended = (state) => ENDS.has(state);

/** The memory. Everything in it comes from the public API. */
export const memory = {
  status: null,
  blocks: [],
  /** Summaries by id, in the order in which they were first heard of. */
  workloads: new Map(),
  programs: new Map(),
  provers: [],
  price: null,
  lost: null,
  online: false,
  /** Whether blocks may be missing, because the stream was broken. */
  stale: false,
  plots: {
    interval: new Series(),
    finality: new Series(),
    queue: new Series(),
    price: new Series(),
    capacity: new Series(),
    verdicts: new Series(),
  },
};

const listeners = new Set();
const watchers = new Set();

/** Calls back after something changed, a few times a second at most; returns how to stop that. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls back at each event; returns how to stop that. */
export function onEvent(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

const PAINT_MS = 200;
let painting = false;

function changed() {
  if (painting) return;
  painting = true;
  setTimeout(() => {
    painting = false;
    for (const listener of [...listeners]) safely(listener);
  }, PAINT_MS);
}

/** One that fails keeps the others from nothing. */
function safely(call, event) {
  try {
    call(event);
  } catch (error) {
    reportError(error);
  }
}

/** The chain's clock now: the time of the last block, and what passed since it came. */
export const chainNow = () => {
  const last = memory.blocks[0];
  return last ? last.time_ms + Math.min(performance.now() - last.seen, 10_000) : Date.now();
};

let source = null;
let tries = 0;
let timer = 0;

/** Opens the stream. One that breaks is opened again by the browser, with the last event that it heard: what was missed follows. */
export function connect() {
  clearTimeout(timer);
  source?.close();
  const stream = new EventSource("/v1/events");
  source = stream;
  let known = false;
  stream.onopen = async () => {
    if (known) return found(stream);
    known = await opened(stream);
  };
  stream.onerror = () => stream === source && lost(stream, known);
  for (const name of NAMES) stream.addEventListener(name, (message) => heard(message));
}

const NAMES = [
  ..."block pending dropped progress lagged gap deployed queued beacon-wanted drawn allocated accepted proved".split(" "),
  ..."renewed attempt-ended ended epoch tested slashed jailed".split(" "),
];

/** Asks for how things are; whether that went well. */
async function opened(stream) {
  try {
    // The stream first: nothing can happen between what is asked for now and what is heard.
    await sync();
    if (stream === source) found(stream);
    return stream === source;
  } catch {
    if (stream === source) broken(stream);
    return false;
  }
}

function found(stream) {
  if (stream !== source) return;
  tries = 0;
  Object.assign(memory, { online: true, lost: null });
  changed();
}

/** The browser goes on by itself unless it was turned away, or nothing was known before. */
function lost(stream, known) {
  if (!known || stream.readyState === EventSource.CLOSED) return broken(stream);
  Object.assign(memory, { online: false, lost: {} });
  // How long these took to be in a block is not known any more: it is heard late.
  for (const it of byState("pending")) it.heard = null;
  changed();
}

/** Events are missing: how things are is asked anew. */
function missed() {
  memory.stale = true;
  opened(source);
}

function broken(stream) {
  stream.close();
  const wait = backoff(tries);
  tries += 1;
  Object.assign(memory, { online: false, stale: true, lost: {} });
  timer = setTimeout(connect, wait);
  changed();
}

/** Asks for what the stream does not tell: how things are now. */
async function sync() {
  const [status, { blocks }, { workloads }] = await Promise.all([
    get("/status", { again: 0 }),
    get(`/blocks?limit=100`, { again: 0 }),
    get(`/workloads?limit=100`, { again: 0 }),
  ]);
  memory.status = status;
  mergeBlocks(blocks);
  for (const workload of workloads.reverse()) catchUp(workload);
  await sample();
}

/** What was asked for and what was heard meanwhile, each block once. */
function mergeBlocks(blocks) {
  const now = performance.now();
  const newest = blocks[0]?.time_ms ?? 0;
  const all = new Map(blocks.map((it) => [it.height, { ...it, seen: now - (newest - it.time_ms) }]));
  for (const it of memory.blocks) if (!memory.stale) all.set(it.height, it);
  memory.stale = false;
  memory.blocks = [];
  memory.plots.interval.clear();
  for (const block of [...all.values()].sort((a, b) => a.height - b.height)) addBlock(block);
}

/** What an answer says of a workload, or what was heard of it since. */
export function latest(it) {
  const known = memory.workloads.get(it.workload);
  if (!known?.since || known.since.time_ms < (it.since?.time_ms ?? 0)) return { ...it, permille: known?.permille };
  const { state, since, attempt, prover, permille } = known;
  return { ...it, state, since, attempt: attempt ?? it.attempt, prover: prover ?? it.prover, permille };
}

/** Takes in what was asked for, unless something later was heard meanwhile. */
function catchUp(workload) {
  const known = memory.workloads.get(workload.workload);
  const older = (known?.since?.time_ms ?? 0) > (workload.since?.time_ms ?? 0);
  if (!older) note(workload.workload, workload);
}

function addBlock(block) {
  const before = memory.blocks[0];
  if (before && block.height <= before.height) return;
  if (before && block.height === before.height + 1) memory.plots.interval.add(block.time_ms, block.time_ms - before.time_ms);
  memory.blocks.unshift(block);
  memory.blocks.length = Math.min(memory.blocks.length, BLOCKS_MAX);
}

/** Remembers what is new of a workload. The oldest that have ended go first. */
function note(id, news) {
  const known = memory.workloads.get(id);
  memory.workloads.set(id, { ...(known ?? { workload: id, heard: performance.now() }), ...news });
  if (memory.workloads.size <= WORKLOADS_MAX) return;
  const gone = [...memory.workloads].find(([, it]) => ended(it.state)) ?? [memory.workloads.keys().next().value];
  memory.workloads.delete(gone[0]);
}

/** Remembers a program. */
export function noteProgram(id, news) {
  memory.programs.set(id, { ...memory.programs.get(id), program: id, ...news });
  if (memory.programs.size > PROGRAMS_MAX) memory.programs.delete(memory.programs.keys().next().value);
}

function heard(message) {
  let event;
  try {
    event = JSON.parse(message.data);
  } catch {
    return;
  }
  if (event.event === "lagged" || event.event === "gap") missed();
  take(event);
  for (const watcher of [...watchers]) safely(watcher, event);
  changed();
}

const at = (event) => ({ height: event.height, time_ms: event.time_ms });

/** What each kind of event means to the memory. */
const meanings = {
  block: (event) => addBlock({ ...event, events: null, seen: performance.now() }),
  pending: (event) => event.workload && note(event.workload, { state: "pending", since: null, attempt: 0, prover: null, sender: null }),
  dropped: (event) => memory.workloads.delete(event.workload),
  progress: (event) => memory.workloads.has(event.workload) && note(event.workload, { permille: event.permille }),
  queued: (event) => {
    const known = memory.workloads.get(event.workload);
    if (known?.state === "pending" && known.heard) memory.plots.finality.add(event.time_ms, performance.now() - known.heard);
    step(event, { sender: event.sender });
  },
  allocated: (event) => step(event, { attempt: event.attempt, prover: event.prover, permille: null }),
  accepted: (event) => step(event, { attempt: event.attempt, prover: event.prover }),
  proved: (event) => step(event, { attempt: event.attempt, prover: event.prover, permille: null }),
  // It is queued again, or "ended" follows at once.
  "attempt-ended": (event) => step({ ...event, state: "queued" }, { permille: null }),
  ended: (event) => step(event, { permille: null }),
  deployed: (event) => noteProgram(event.program, {}),
  epoch: (event) => {
    if (memory.status) memory.status.epoch = event.epoch;
    setPrice(event.compute_price, event.time_ms);
  },
};

function step(event, more) {
  note(event.workload, { ...more, state: event.state, since: at(event) });
}

function take(event) {
  if (Object.hasOwn(meanings, event.event)) meanings[event.event](event);
  if (event.height && memory.status) memory.status.height = Math.max(memory.status.height, event.height);
}

function setPrice(price, time) {
  memory.price = price;
  memory.plots.price.add(time, Number(price));
}

/** Workloads that have not ended. */
export const waiting = () => [...memory.workloads.values()].filter((it) => !ended(it.state));

export const byState = (state) => [...memory.workloads.values()].filter((it) => it.state === state);

/** Asks for the figures that no event tells. */
async function sample() {
  const [{ provers }, { compute_price: price }] = await Promise.all([all("/provers", "provers", PROVERS_MAX, { again: 0 }), get("/params", { again: 0 })]);
  memory.provers = provers;
  const now = chainNow();
  setPrice(price, now);
  const { used, offered } = capacity();
  memory.plots.capacity.add(now, offered ? (100 * used) / offered : 0);
  memory.plots.queue.add(now, waiting().length);
  changed();
}

/** Cores in use, and cores that take workloads. */
export function capacity() {
  const open = memory.provers.filter((it) => !it.draining && it.jailed_until_ms === null && it.test === null);
  const sum = (of) => open.reduce((total, it) => total + of(it), 0);
  return { used: sum((it) => it.in_use.cpus), offered: sum((it) => it.capacity.cpus), active: open.length };
}

/** Samples as often as the size of the answers allows, and not while nobody looks. */
export function keepSampling() {
  const pace = () => 4000 + 200 * memory.provers.length;
  const again = async () => {
    if (memory.online && !document.hidden) await sample().catch(() => {});
    setTimeout(again, pace());
  };
  setTimeout(again, pace());
}
