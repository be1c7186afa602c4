// One check: a fresh instance of the module for each, so that nothing of one receipt can reach the next.

const never = (name) => () => {
  throw new Error(`the module asked for ${name}`);
};

/** What the module's libraries name and the check never calls. */
function imports(module) {
  const given = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === "function") (given[from] ??= {})[name] = never(name);
  }
  return given;
}

/** Gives the bytes of a file and of a group key to the module; answers with `{ checked }` or `{ refused }`. */
export async function check(module, file, key) {
  const { exports } = await WebAssembly.instantiate(module, imports(module));
  const room = exports.room(key.length + file.length);
  if (!room) return { refused: "the file is longer than a receipt can be" };
  const memory = new Uint8Array(exports.memory.buffer);
  memory.set(key, room);
  memory.set(file, room + key.length);
  const length = exports.check();
  const answer = new Uint8Array(exports.memory.buffer, exports.answer(), length);
  return JSON.parse(new TextDecoder().decode(answer));
}
