// Line charts of the last minutes as SVG. Times stand at the bottom, a round number of steps at the side. The pointer, or the arrow keys,
// choose a time, and all charts of a group show their values at that time.

import { tick } from "./format.js";

const space = "http://www.w3.org/2000/svg";
const margin = { left: 54, right: 8, top: 10, bottom: 22 };

function svg(name, attributes, parent) {
  const e = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  parent?.append(e);
  return e;
}

// roundTop is the smallest pleasant number that is not below n: 1, 2 or 5 times a power of ten, or 4 or 8 steps of it.
function roundTop(n, least) {
  n = Math.max(n, least);
  const power = 10 ** Math.floor(Math.log10(n));
  return power * [1, 2, 4, 5, 8, 10].find((step) => n <= step * power * 1.0001);
}

// Charts share points, the width of time that they show, and the time that was chosen.
export class Charts {
  constructor(list) {
    this.points = [];
    this.span = 0;
    this.at = null;
    this.list = list.map(([figure, options]) => new Chart(this, figure, options));
  }

  // show draws points, which have a time t and a value for each line; negative values are gaps, and so is more than a few times interval
  // between two points. span is the width in milliseconds.
  show(points, span, interval) {
    Object.assign(this, { points, span, interval });
    if (this.at && !points.includes(this.at)) this.at = null;
    this.draw();
  }

  choose(point) {
    if (point === this.at) return;
    this.at = point;
    this.draw();
  }

  draw() {
    for (const chart of this.list) chart.draw();
  }

  // step moves the chosen time by n points; from the last one if none was chosen.
  step(n) {
    const from = this.at ? this.points.indexOf(this.at) : this.points.length - 1;
    this.choose(this.points[Math.min(Math.max(from + n, 0), this.points.length - 1)] ?? null);
  }

  nearest(t) {
    let best = null;
    for (const p of this.points) {
      if (best === null || Math.abs(p.t - t) < Math.abs(best.t - t)) best = p;
    }
    return best;
  }
}

class Chart {
  // title stands above; lines are {key, label}, at most two; format writes a value; least is the smallest height of the scale; none is what a
  // chart without values says.
  constructor(group, figure, { title, lines, format, least, none }) {
    Object.assign(this, { group, title, lines, format, least, none });
    const caption = document.createElement("figcaption");
    const heading = document.createElement("h2");
    heading.textContent = title;
    this.legend = document.createElement("div");
    this.legend.className = "legend";
    this.labels = lines.map((line, i) => {
      const label = document.createElement("span");
      label.className = i ? "other" : "first";
      this.legend.append(label);
      return label;
    });
    caption.append(heading, this.legend);
    this.svg = svg("svg", { class: "chart", role: "img", tabindex: 0, "aria-label": title });
    figure.replaceChildren(caption, this.svg);
    this.svg.addEventListener("pointermove", (e) => this.point(e));
    this.svg.addEventListener("pointerleave", () => group.choose(null));
    this.svg.addEventListener("blur", () => group.choose(null));
    this.svg.addEventListener("keydown", (e) => this.press(e));
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    const width = box.width - margin.left - margin.right;
    const end = this.group.points.at(-1)?.t ?? 0;
    this.group.choose(this.group.nearest(end - this.group.span * (1 - (event.clientX - box.left - margin.left) / width)));
  }

  press(event) {
    const far = this.group.points.length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -15, PageDown: 15, Home: -far, End: far }[event.key];
    if (event.key === "Escape") this.group.choose(null);
    else if (steps) this.group.step(steps);
    else return;
    event.preventDefault();
  }

  draw() {
    const { points, span } = this.group;
    const { width, height } = this.svg.getBoundingClientRect();
    if (!width || !points.length) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren();
    const end = points.at(-1).t;
    const right = width - margin.right, bottom = height - margin.bottom;
    let peak = -1;
    for (const p of points) for (const { key } of this.lines) peak = Math.max(peak, p[key]);
    const top = roundTop(peak, this.least);
    const x = (t) => right - (end - t) / span * (right - margin.left);
    const y = (v) => bottom - v / top * (bottom - margin.top);

    const steps = height > 160 ? 4 : 2;
    for (let i = 0; i <= steps; i++) {
      const v = top * i / steps;
      svg("line", { class: "grid", x1: margin.left, x2: right, y1: y(v), y2: y(v) }, this.svg);
      svg("text", { x: margin.left - 8, y: y(v) + 4, "text-anchor": "end" }, this.svg).textContent = tick(this.format(v));
    }
    const minutes = span / 60000;
    for (let m = 0; m <= minutes; m += minutes / (width > 420 && minutes > 2 ? 5 : 2)) {
      const anchor = m === 0 ? "end" : m === minutes ? "start" : "middle";
      svg("text", { class: "time", x: x(end - m * 60000), y: height - 5, "text-anchor": anchor }, this.svg)
        .textContent = m === 0 ? "now" : `−${+m.toFixed(1)} min`;
    }
    if (peak < 0 && this.none) {
      svg("text", { class: "none", x: (margin.left + right) / 2, y: (margin.top + bottom) / 2 + 4, "text-anchor": "middle" }, this.svg)
        .textContent = this.none;
    }
    // The first line lies on the other one, which is wider, so that both can be seen where they are the same.
    for (let i = this.lines.length - 1; i >= 0; i--) this.line(this.lines[i].key, i ? "other" : "first", x, y);
    this.mark(x, y, bottom, right, height);
  }

  line(key, name, x, y) {
    let line = "", area = "", begin = null, before = null;
    const close = () => {
      if (before) {
        area += `L${x(before.t)},${y(0)}L${begin},${y(0)}Z`;
        line += "h0.01"; // a value alone is a dot
      }
      before = null;
    };
    for (const p of this.group.points) {
      if (before && p.t - before.t > 4 * this.group.interval) close();
      if (p[key] < 0) { close(); continue; }
      const place = `${x(p.t).toFixed(1)},${y(p[key]).toFixed(1)}`;
      if (!before) begin = x(p.t).toFixed(1);
      line += (before ? "L" : "M") + place;
      area += (before ? "L" : "M") + place;
      before = p;
    }
    close();
    svg("path", { class: `area ${name}`, d: area }, this.svg);
    svg("path", { class: `line ${name}`, d: line }, this.svg);
  }

  // mark writes the values of the chosen time, or else the last ones, into the legend and into what screen readers say.
  mark(x, y, bottom, right, height) {
    const { at, points } = this.group;
    const p = at ?? points.at(-1);
    const time = at ? new Date(p.t).toLocaleTimeString() : "";
    if (at) {
      svg("line", { class: "cursor", x1: x(p.t), x2: x(p.t), y1: margin.top, y2: bottom }, this.svg);
      for (const t of this.svg.querySelectorAll("text.time")) t.remove();
      const half = 32; // of the width of a time
      svg("text", { class: "chosen", x: Math.min(Math.max(x(p.t), margin.left + half), right - half), y: height - 5, "text-anchor": "middle" }, this.svg)
        .textContent = time;
    }
    const said = this.lines.map(({ key, label }, i) => {
      const value = p[key] < 0 ? "–" : this.format(p[key]);
      this.labels[i].textContent = `${label} ${value}`;
      if (p[key] >= 0) svg("circle", { class: `dot ${i ? "other" : "first"}`, cx: x(p.t), cy: y(p[key]), r: 4 }, this.svg);
      return p[key] < 0 ? `${label} nothing` : `${label} ${value}`;
    });
    this.svg.setAttribute("aria-label", `${this.title}${time && ` at ${time}`}: ${said.join(", ")}`);
  }
}
