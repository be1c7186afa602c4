/** Money: whole units of 10⁻⁹ LEM here, decimal text in the API. */

const UNITS_PER_LEM = 1_000_000_000n;

/** Units of an amount such as `12`, `0.5` or `3.25`. */
export function units(text: string): bigint {
  const parts = /^(\d{1,11})(?:\.(\d{1,9}))?$/.exec(text);
  if (!parts) throw new RangeError(`expected an amount such as 12 or 0.5, got ${JSON.stringify(text.slice(0, 40))}`);
  return BigInt(parts[1] as string) * UNITS_PER_LEM + BigInt((parts[2] ?? '').padEnd(9, '0'));
}

/** The amount in LEM. */
export function lem(amount: bigint): string {
  const rest = (amount % UNITS_PER_LEM).toString().padStart(9, '0').replace(/0+$/, '');
  return `${amount / UNITS_PER_LEM}${rest && '.'}${rest}`;
}
