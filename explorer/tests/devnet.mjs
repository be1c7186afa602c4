// A local network for the tests: started by the binary itself, with programs deployed, and gone at the end.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const REPOSITORY = path.resolve(import.meta.dirname, "../..");
const BINARY = process.env.LEMMA ?? path.join(REPOSITORY, "target/debug/lemma");
const PORT = Number(process.env.LEMMA_TEST_PORT ?? 34210);

/** What a hostile author would call a program. */
export const HOSTILE = "<img src=x onerror=alert(1)>";

const artifact = (name) => path.join(REPOSITORY, "programs/artifacts", name);

export class Devnet {
  static async start() {
    const devnet = new Devnet();
    devnet.folder = await mkdtemp(path.join(tmpdir(), "lemma-explorer-"));
    devnet.url = `http://127.0.0.1:${PORT}`;
    devnet.launch();
    await devnet.ready();
    return devnet;
  }

  /** Starts the nodes; those of the same folder again, after a stop. */
  launch() {
    const there = path.join(this.folder, "net");
    const options = ["devnet", "--dir", there, ...(this.process ? [] : ["--base-port", String(PORT)])];
    this.process = spawn(BINARY, options, { stdio: "ignore" });
  }

  async ready() {
    for (;;) {
      if (this.process.exitCode !== null) throw new Error(`the network did not start: exit ${this.process.exitCode}`);
      const status = await fetch(`${this.url}/v1/status`).then((it) => it.json(), () => null);
      if (status?.height > 2 && status.peers > 2) return;
      await new Promise((next) => setTimeout(next, 100));
    }
  }

  /** A command against the first node, by the funded user. */
  async lemma(...options) {
    const key = path.join(this.folder, "net/user.key");
    const env = { ...process.env, LEMMA_NODE: this.url, LEMMA_KEY: key };
    for (;;) {
      try {
        return (await promisify(execFile)(BINARY, ["--json", ...options], { env, maxBuffer: 1 << 26 })).stdout;
      } catch (error) {
        // A node that is a block behind names a nonce that was used: it was not sent.
        if (!String(error.stderr).includes('"error":"nonce-used"')) throw error;
      }
    }
  }

  async deploy(name, prover) {
    const files = ["--prover", artifact(prover), "--verifier", artifact("trivial/verifier.wasm")];
    const told = await this.lemma("program", "deploy", "--name", name, "--proof-system", "none/1", ...files);
    return JSON.parse(told).program;
  }

  /** Sends a run and does not wait for its end. */
  async run(program) {
    const told = JSON.parse(await this.lemma("run", program, "--input", "statement:hex:00ff11", "--max-fee", "20"));
    return told.workload;
  }

  async ended(workload) {
    for (;;) {
      const { state } = await fetch(`${this.url}/v1/workloads/${workload}`).then((it) => it.json());
      if (["verified", "failed", "cancelled", "expired"].includes(state)) return state;
      await new Promise((next) => setTimeout(next, 200));
    }
  }

  async stop() {
    if (this.process.exitCode !== null) return;
    this.process.kill("SIGINT");
    await once(this.process, "exit");
  }

  async remove() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
