// Where receipts are checked: apart from the page, which goes on meanwhile.

import { unhex } from "./draw.js";
import { check } from "./receipt-module.js";

async function answer({ bytes, key }) {
  const response = await fetch(new URL("receipt.wasm", import.meta.url));
  if (!response.ok) throw new Error(`the module is not there: status ${response.status}`);
  const module = await WebAssembly.compile(await response.arrayBuffer());
  return check(module, bytes, unhex(key));
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage(await answer(data));
  } catch (error) {
    self.postMessage({ broken: String(error.message ?? error) });
  }
};
