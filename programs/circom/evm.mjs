// snarkjs' Solidity verifier for the fixture `product`, and the call that it takes.
//
//   npm ci && node evm.mjs FOLDER
//
// FOLDER/verifier.bin is the contract, compiled: code of snarkjs, under the GPL, and therefore not in this repository.
// fixtures/product/calldata.hex is the call, by snarkjs and solc alone, to which `lemma proof export --evm` is held.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as snarkjs from "snarkjs";
import solc from "solc";

const require = createRequire(import.meta.url);
const fixture = join(dirname(fileURLToPath(import.meta.url)), "fixtures", "product");

/** Bytecode and selectors of the one contract in this source. */
function compile(content) {
  const settings = { optimizer: { enabled: true, runs: 200 } };
  const outputSelection = { "*": { "*": ["evm.bytecode.object", "evm.methodIdentifiers"] } };
  const input = { language: "Solidity", sources: { verifier: { content } }, settings: { ...settings, outputSelection } };
  const { contracts, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input)));
  const wrong = errors.filter(({ severity }) => severity === "error");
  if (wrong.length) throw new Error(wrong.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return Object.values(contracts.verifier)[0].evm;
}

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node evm.mjs FOLDER");
  process.exit(2);
}
const templates = join(dirname(dirname(require.resolve("snarkjs"))), "templates");
const groth16 = readFileSync(join(templates, "verifier_groth16.sol.ejs"), "utf8");
const source = await snarkjs.zKey.exportSolidityVerifier(join(fixture, "circuit.zkey"), { groth16 });
const { bytecode, methodIdentifiers } = compile(source);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "verifier.bin"), bytecode.object);

const read = (name) => JSON.parse(readFileSync(join(fixture, name)));
const call = await snarkjs.groth16.exportSolidityCallData(read("proof.json"), read("public.json"));
const selector = Object.entries(methodIdentifiers).find(([name]) => name.startsWith("verifyProof("))[1];
const words = call.match(/0x[0-9a-f]{64}/g).map((word) => word.slice(2));
writeFileSync(join(fixture, "calldata.hex"), `0x${selector}${words.join("")}\n`);
process.exit();
