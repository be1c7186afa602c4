// A node that is none: it serves the page, long lists with cursors, and an event stream that can be cut.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

const SITE = path.resolve(import.meta.dirname, "../site");
/** What the node says to the browser, so that the page is tried under the same rules. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types receipt";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".wasm": "application/wasm" };

export const id = (kind, number) => `${kind}${number.toString(16)}`.padStart(8, "0").padEnd(64, "0");
export const TIME = 1_700_000_000_000;
const at = (height) => ({ height, time_ms: TIME + height * 500 });
const room = { cpus: 8, memory_mib: 8192, disk_mib: 0, gpus: 0, gpu_class: 0, runtimes: [] };
const tally = { allocated: 9, verified: 8, failed: 1, missed: 0, rejected: 0, verdicts: 20, earned: "1.5" };
const STATES = ["verified", "verified", "failed", "verified", "cancelled"];

/** Which rows a filter wants; those of a list that are not here are refused, as the node does. */
const FILTERS = {
  blocks: { leader: (it) => it.leader },
  transactions: { account: (it) => it.sender, kind: (it) => it.kind },
  workloads: { account: (it) => it.sender, program: (it) => it.program, state: (it) => it.state, prover: (it) => it.prover },
  programs: { account: (it) => it.deployer },
  accounts: {},
  movements: { cause: (it) => it.cause },
  provers: { state: (it) => it.state },
};

export class Fake {
  /** Rows of each list, the oldest first, as they came in. */
  lists = { blocks: [], transactions: [], workloads: [], programs: [], accounts: [], movements: [], provers: [] };
  streams = new Set();
  /** The `Last-Event-ID` of each stream that was opened; null where there was none. */
  opened = [];
  /** Paths that were asked for. */
  asked = [];
  /** Answers with a problem instead of these lists. */
  broken = new Set();
  told = [];

  static async start(port = 0) {
    const fake = new Fake();
    fake.server = createServer((request, response) => fake.#answer(request, response));
    await new Promise((done) => fake.server.listen(port, "127.0.0.1", done));
    fake.url = `http://127.0.0.1:${fake.server.address().port}`;
    for (let number = 0; number < 120; number += 1) fake.addBlock();
    for (let number = 0; number < 130; number += 1) fake.addWorkload(number);
    for (let number = 0; number < 60; number += 1) {
      fake.lists.programs.push({ program: id("b", number), deployer: id("a", number % 2), name: `program ${number}`, proof_system: "none/1", runtime: "wasm", prover: { size: 4096 }, verifier: { size: 900 }, deployed: at(number) });
      fake.lists.accounts.push({ account: id("a", number), balance: "12.5", nonce: number, height: 120 });
      fake.lists.movements.push({ ...at(number), place: 0, got: number % 3 === 0, amount: "0.25", cause: number % 3 ? "fee" : "compute", transaction: id("d", number), workload: null });
    }
    fake.lists.provers.push({
      account: id("a", 1), key: "00".repeat(96), bond: "100", unbonding: [], capacity: room, declared: null, test: null, in_use: { ...room, cpus: 2 }, live: 1,
      member: true, draining: false, address: "http://127.0.0.1:1", seen: 3, jailed_until_ms: null, misses: [], tally,
    });
    return fake;
  }

  get height() {
    return this.lists.blocks.length;
  }

  addBlock() {
    const height = this.height + 1;
    const block = { ...at(height), hash: id("e", height), leader: id("f", height % 2), transactions: 1, events: 0 };
    this.lists.blocks.push(block);
    this.lists.transactions.push({ transaction: id("d", height), included: at(height), sender: id("a", height % 2), kind: height % 3 ? "run" : "transfer" });
    return block;
  }

  addWorkload(number, state = STATES[number % STATES.length]) {
    this.lists.workloads.push({
      workload: id("c", number), sender: id("a", number % 2), program: id("b", number % 3), state, created: at(number), since: at(number + 1),
      attempt: 1, prover: id("a", 1),
    });
  }

  /** Tells an event to all who listen, and to those who come back. */
  tell(event, place) {
    const message = `${place ? `id: ${place}\n` : ""}event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`;
    if (place) this.told.push([place, message]);
    for (const stream of this.streams) stream.write(message);
  }

  /** Cuts all streams; those who listen may come back. */
  cut() {
    for (const stream of this.streams) stream.destroy();
  }

  async stop() {
    this.cut();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.url);
    this.asked.push(`${url.pathname}${url.search}`);
    if (url.pathname === "/v1/events") return this.#listen(request, response);
    if (url.pathname.startsWith("/v1/")) return this.#json(url, response);
    await this.#file(url.pathname, response);
  }

  #listen(request, response) {
    const heard = request.headers["last-event-id"] ?? null;
    this.opened.push(heard);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("retry: 50\n\n");
    const known = this.told.findIndex(([place]) => place === heard);
    if (heard && known < 0) response.write(`event: gap\ndata: {"event":"gap"}\n\n`);
    if (heard && known >= 0) this.told.slice(known + 1).forEach(([, message]) => response.write(message));
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
  }

  #json(url, response) {
    const [status, body] = this.#found(url);
    response.writeHead(status, { "content-type": status === 200 ? "application/json" : "application/problem+json" });
    response.end(JSON.stringify(body));
  }

  #found(url) {
    const [, , name, key, part] = url.pathname.split("/");
    if (name === "status") return [200, { name: "fake", height: this.height, epoch: 1, group_key: "00".repeat(96), peers: 3, chain: id("9", 1) }];
    if (name === "params") return [200, { compute_price: "0.1", params: [{ name: "epoch_blocks", value: "100" }] }];
    if (name === "validators") return [200, { height: this.height, epoch: 1, seats: 2, validators: [0, 1].map((it) => ({ peer: id("f", it), account: id("a", it), bond: "10", unbonding: [], signs: [1], vote: null, seated: true, next: true })) }];
    if (part === "movements") return this.#page("movements", url, { account: key, since: 0, height: this.height });
    if (!key && this.lists[name]) return this.#page(name, url, { height: this.height });
    const one = { accounts: "account", provers: "account", workloads: "workload", programs: "program" }[name];
    const found = one && this.lists[name].find((it) => it[one] === key);
    return found ? [200, found] : [404, { title: "there is no such thing here", detail: url.pathname, hint: "check the id", code: "not-found" }];
  }

  /** A page by the place of the last row of the page before: what comes in meanwhile moves nothing. */
  #page(name, { searchParams: query }, more) {
    const bad = (detail) => [400, { title: "the request makes no sense", detail, hint: "see /openapi.json", code: "bad-request" }];
    if (this.broken.has(name)) return [500, { title: "the list cannot be read", detail: name, hint: "see the node's log", code: "internal" }];
    const filters = [...query].filter(([key]) => !["limit", "cursor"].includes(key));
    const unknown = filters.find(([key]) => !FILTERS[name][key]);
    if (unknown) return bad(`unknown parameter ${unknown[0]}`);
    const [limit, cursor] = [Number(query.get("limit") ?? 20), Number(query.get("cursor") ?? Infinity)];
    if (!(limit >= 1 && limit <= 100) || Number.isNaN(cursor)) return bad("limit or cursor");
    const wanted = this.lists[name].map((it, place) => ({ it, place })).reverse()
      .filter(({ it, place }) => place < cursor && filters.every(([key, value]) => FILTERS[name][key](it) === value));
    const page = wanted.slice(0, limit);
    return [200, { ...more, [name]: page.map(({ it }) => it), next: wanted.length > limit ? String(page.at(-1).place) : null }];
  }

  async #file(name, response) {
    const file = path.join(SITE, name === "/" || name === "/explorer/" ? "index.html" : path.normalize(name).replace(/^\/explorer\//, ""));
    const content = await readFile(file).catch(() => null);
    if (name === "/") response.writeHead(307, { location: "/explorer/" });
    else if (content) response.writeHead(200, { "content-type": TYPES[path.extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY });
    else response.writeHead(404);
    response.end(name === "/" ? "" : content ?? "");
  }
}
