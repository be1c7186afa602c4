// Compiles the circuits, makes keys for tests, and a witness and public signals for each circuit.
//
//   npm ci && node setup.mjs FOLDER [CIRCUIT…]      everything a run needs, into FOLDER/CIRCUIT
//   node setup.mjs --fixtures                       the same for `product`, into fixtures/, with a proof by snarkjs
//
// `product` gets its zkey from a tiny ceremony of snarkjs, over each curve. The larger circuits get arkworks' keys from
// `circom-test-setup`, because a ceremony of their size takes snarkjs minutes. Both are made by one party: keys for tests.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as snarkjs from "snarkjs";
import { merkle, product, sha256 } from "./circuits/inputs.mjs";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));

const CIRCUITS = {
  "product": { source: "product", curve: "bn128", ceremony: 4, input: product },
  "product-bls12381": { source: "product", curve: "bls12381", ceremony: 4, input: product },
  "merkle": { source: "merkle", curve: "bn128", input: merkle },
  "sha256": { source: "sha256", curve: "bn128", input: sha256 },
};

/** As snarkjs writes it, with a last line that ends. */
function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 1)}\n`);
}

/** Runs circom: FOLDER/NAME.r1cs and the generator of witnesses. */
function compile({ source, curve }, folder) {
  const circom = require.resolve("circom2/cli.js");
  const libraries = dirname(dirname(require.resolve("circomlib/package.json")));
  const file = join(here, "circuits", `${source}.circom`);
  execFileSync(process.execPath, [circom, file, "--r1cs", "--wasm", "--O2", "-p", curve, "-l", libraries, "-o", folder]);
}

/** The values of all wires. */
async function witness({ source, input }, folder) {
  const generator = join(folder, `${source}_js`, `${source}.wasm`);
  const values = await input();
  const text = (key, value) => (typeof value === "bigint" ? value.toString() : value);
  writeFileSync(join(folder, "input.json"), `${JSON.stringify(values, text)}\n`);
  await snarkjs.wtns.calculate(values, generator, join(folder, "witness.wtns"));
}

/** A ceremony of one, with snarkjs. */
async function ceremony({ source, curve: name, ceremony: power }, folder) {
  const curve = await snarkjs.curves.getCurveFromName(name);
  const file = (name) => join(folder, name);
  const entropy = () => randomBytes(32).toString("hex");
  await snarkjs.powersOfTau.newAccumulator(curve, power, file("0.ptau"));
  await snarkjs.powersOfTau.contribute(file("0.ptau"), file("1.ptau"), "test", entropy());
  await snarkjs.powersOfTau.preparePhase2(file("1.ptau"), file("2.ptau"));
  await snarkjs.zKey.newZKey(file(`${source}.r1cs`), file("2.ptau"), file("0.zkey"));
  await snarkjs.zKey.contribute(file("0.zkey"), file("circuit.zkey"), "test", entropy());
  ["0.ptau", "1.ptau", "2.ptau", "0.zkey"].forEach((name) => rmSync(file(name)));
  const key = await snarkjs.zKey.exportVerificationKey(file("circuit.zkey"));
  writeJson(file("verification_key.json"), key);
  await curve.terminate();
}

/** Keys by arkworks. */
function keys({ source }, folder) {
  const arguments_ = ["run", "--quiet", "--bin", "circom-test-setup", "--", join(folder, `${source}.r1cs`), folder];
  execFileSync("cargo", arguments_, { cwd: here, stdio: "inherit" });
}

/** The public signals: the wires after the first, as many as the key wants. */
async function signals(folder) {
  const { nPublic } = JSON.parse(readFileSync(join(folder, "verification_key.json")));
  const wires = await snarkjs.wtns.exportJson(join(folder, "witness.wtns"));
  writeJson(join(folder, "public.json"), wires.slice(1, nPublic + 1).map(String));
}

async function prepare(name, folder) {
  const circuit = CIRCUITS[name];
  mkdirSync(folder, { recursive: true });
  console.error(`${name}: ${folder}`);
  compile(circuit, folder);
  await witness(circuit, folder);
  await (circuit.ceremony ? ceremony(circuit, folder) : keys(circuit, folder));
  copyFileSync(join(folder, `${circuit.source}.r1cs`), join(folder, "circuit.r1cs"));
  await signals(folder);
}

/** A proof by snarkjs and the files that tests read. */
async function fixture(name, folder, to) {
  const file = (name) => join(folder, name);
  const { proof, publicSignals } = await snarkjs.groth16.prove(file("circuit.zkey"), file("witness.wtns"));
  const key = JSON.parse(readFileSync(file("verification_key.json")));
  if (!(await snarkjs.groth16.verify(key, publicSignals, proof))) throw new Error("snarkjs refuses its own proof");
  mkdirSync(to, { recursive: true });
  writeJson(join(to, "proof.json"), proof);
  const names = ["verification_key.json", "public.json", "circuit.zkey", "witness.wtns", "circuit.r1cs"];
  names.forEach((name) => copyFileSync(file(name), join(to, name)));
}

const [folder, ...names] = process.argv.slice(2);
if (folder === "--fixtures") {
  const work = mkdtempSync(join(tmpdir(), "circom-"));
  for (const name of ["product", "product-bls12381"]) {
    await prepare(name, join(work, name));
    await fixture(name, join(work, name), join(here, "fixtures", name));
  }
  rmSync(work, { recursive: true });
} else if (folder) {
  for (const name of names.length ? names : Object.keys(CIRCUITS)) await prepare(name, join(folder, name));
} else {
  console.error("usage: node setup.mjs FOLDER [CIRCUIT…] | --fixtures");
  process.exitCode = 2;
}
process.exit();
