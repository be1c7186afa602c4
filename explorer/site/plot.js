// Plots as SVG, drawn here: a line over time, with its scale and its last value.

import { h, s } from "./dom.js";
import { clock } from "./format.js";

const WIDTH = 520;
const HEIGHT = 150;
const LEFT = 52;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 22;

/** A round number at or above a value, for the top of a scale. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

/** A figure with a title, a plot and what it means. */
export function plot({ title, about, series, say, tick = say, top, dots = false }) {
  const points = series.points;
  const last = points.at(-1);
  return h("figure", { class: "plot", "data-key": title },
    h("figcaption", {}, h("span", { class: "title" }, title), h("strong", {}, last ? say(last.value) : "\u2013")),
    points.length < 2 ? h("p", { class: "none" }, points.length ? "One value so far." : "No values yet.") : chart({ title, points, say, tick, top, dots }),
    h("p", { class: "about" }, about));
}

function chart({ title, points, say, tick, top, dots }) {
  const high = top ?? roundUp(Math.max(...points.map((it) => it.value)));
  const [first, last] = [points[0].time, points.at(-1).time];
  const x = (time) => LEFT + ((time - first) / Math.max(1, last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (value) => TOP + (1 - Math.min(value, high) / high) * (HEIGHT - TOP - BOTTOM);
  const place = (it) => `${x(it.time).toFixed(1)},${y(it.value).toFixed(1)}`;
  const floor = y(0).toFixed(1);
  const label = `${title}: ${points.length} values, from ${say(points[0].value)} to ${say(points.at(-1).value)}`;
  return s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    [0, high / 2, high].map((value) => grid(y(value), tick(value))),
    s("text", { x: LEFT, y: HEIGHT - 6 }, clock(first)),
    s("text", { x: WIDTH - RIGHT, y: HEIGHT - 6, class: "end" }, clock(last)),
    dots
      ? points.map((it) => s("circle", { cx: x(it.time).toFixed(1), cy: y(it.value).toFixed(1), r: 2.6 }))
      : [
          s("polygon", { points: `${x(first).toFixed(1)},${floor} ${points.map(place).join(" ")} ${x(last).toFixed(1)},${floor}` }),
          s("polyline", { points: points.map(place).join(" ") }),
        ]);
}

function grid(height, label) {
  const y = height.toFixed(1);
  return [
    s("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }),
    s("text", { x: LEFT - 6, y: (height + 4).toFixed(1), class: "end" }, label),
  ];
}
