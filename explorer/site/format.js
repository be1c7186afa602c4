// Numbers, times and names for people.

/** Enough of an id to tell it from others. */
export const short = (id, letters = 8) => (typeof id === "string" ? id.slice(0, letters) : "");

/** A span of milliseconds. */
export function span(ms) {
  if (!Number.isFinite(ms)) return "";
  const size = Math.abs(ms);
  if (size < 1000) return `${Math.round(ms)} ms`;
  if (size < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (size < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`;
}

/** A span of milliseconds, roughly. */
export function about(ms) {
  const steps = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"]];
  const [size, unit] = steps.find(([size]) => ms >= size) ?? [1000, "s"];
  return `${Math.floor(ms / size)} ${unit}`;
}

/** Bytes with a binary unit. */
export function bytes(count) {
  if (!Number.isFinite(count)) return "";
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const step = count < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

export const mebibytes = (count) => bytes(count * 1024 * 1024);

/** A whole number with spaces between thousands. */
export const count = (value) => (Number.isFinite(value) ? value.toLocaleString("en-US").replaceAll(",", "\u202f") : "");

const NANO = 9;

/** An amount of LEM, as the API writes it, in its smallest unit. Exact: amounts are not floats. */
export function units(lem) {
  const [whole, part = ""] = String(lem ?? "0").split(".");
  return /^\d+$/.test(whole) && /^\d{0,9}$/.test(part) ? BigInt(whole) * 10n ** 9n + BigInt(part.padEnd(NANO, "0")) : 0n;
}

/** The other way round. */
export function lem(value) {
  const part = String(value % 10n ** 9n).padStart(NANO, "0").replace(/0+$/, "");
  return part ? `${value / 10n ** 9n}.${part}` : String(value / 10n ** 9n);
}

/** What part of a whole, in thousandths. */
export const permille = (part, whole) => (whole > 0n ? Number((part * 1000n) / whole) : 0);

/** The time of day, with the date where it is not today's. */
export function clock(ms) {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return "";
  const time = date.toLocaleTimeString(undefined, { hour12: false });
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString()} ${time}`;
}

/** Cores, memory and the rest, in a few words. */
export function resources(it) {
  if (!it) return "";
  const gpus = it.gpus ? `${it.gpus} GPU${it.gpus > 1 ? "s" : ""} of ${it.gpu_class} GiB` : null;
  const disk = it.disk_mib ? `${mebibytes(it.disk_mib)} disk` : null;
  const cores = `${it.cpus} core${it.cpus === 1 ? "" : "s"}`;
  return [cores, `${mebibytes(it.memory_mib)} memory`, disk, gpus].filter(Boolean).join(", ");
}

/** A hue that is always the same for an id. */
export const hue = (id) => (Number.parseInt(short(id, 4), 16) || 0) % 360;
