// Points in time for a plot, so many at most: when it is full, every second of the older half goes.

const POINTS_MAX = 600;

export class Series {
  constructor() {
    this.points = [];
  }

  clear() {
    this.points = [];
  }

  /** Adds a value at a time. Times rise; a second value at the same time replaces the first. */
  add(time, value) {
    if (!Number.isFinite(time) || !Number.isFinite(value)) return;
    const last = this.points.at(-1);
    if (last && time < last.time) return;
    if (last && time === last.time) this.points.pop();
    this.points.push({ time, value });
    if (this.points.length > POINTS_MAX) this.thin();
  }

  thin() {
    const half = POINTS_MAX / 2;
    this.points = [...this.points.slice(0, half).filter((_, place) => place % 2 === 0), ...this.points.slice(half)];
  }

  last() {
    return this.points.at(-1)?.value ?? null;
  }
}
