// A line chart of the last minutes as SVG. Times stand at the bottom, a round number of steps at the side; the pointer shows one time.

import { tick } from "./format.js";

const space = "http://www.w3.org/2000/svg";
const margin = { left: 58, right: 10, top: 10, bottom: 22 };

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

export class Chart {
  // title stands above; lines are {key, label}, at most two; format writes a value; least is the smallest height of the scale.
  constructor(figure, { title, lines, format, least }) {
    Object.assign(this, { figure, lines, format, least, points: [], at: null });
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
    this.svg = svg("svg", { class: "chart", role: "img", "aria-label": title });
    figure.replaceChildren(caption, this.svg);
    this.svg.addEventListener("pointermove", (e) => this.point(e));
    this.svg.addEventListener("pointerleave", () => { this.at = null; this.draw(); });
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  // show draws points, which have a time t and a value for each line; negative values are gaps. span is the width in milliseconds.
  show(points, span) {
    this.points = points;
    this.span = span;
    this.draw();
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    const width = box.width - margin.left - margin.right;
    const end = this.points.at(-1)?.t ?? 0;
    const wanted = end - this.span * (1 - (event.clientX - box.left - margin.left) / width);
    this.at = null;
    for (const p of this.points) {
      if (this.at === null || Math.abs(p.t - wanted) < Math.abs(this.at.t - wanted)) this.at = p;
    }
    this.draw();
  }

  draw() {
    const { width, height } = this.svg.getBoundingClientRect();
    if (!width || !this.points.length) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren();
    const end = this.points.at(-1).t;
    const right = width - margin.right, bottom = height - margin.bottom;
    let peak = 0;
    for (const p of this.points) for (const { key } of this.lines) peak = Math.max(peak, p[key]);
    const top = roundTop(peak, this.least);
    const x = (t) => right - (end - t) / this.span * (right - margin.left);
    const y = (v) => bottom - v / top * (bottom - margin.top);

    const steps = height > 160 ? 4 : 2;
    for (let i = 0; i <= steps; i++) {
      const v = top * i / steps;
      svg("line", { class: "grid", x1: margin.left, x2: right, y1: y(v), y2: y(v) }, this.svg);
      svg("text", { x: margin.left - 8, y: y(v) + 4, "text-anchor": "end" }, this.svg).textContent = tick(this.format(v));
    }
    const minutes = this.span / 60000;
    for (let m = 0; m <= minutes; m += minutes / (width > 420 && minutes > 2 ? 5 : 2)) {
      const anchor = m === 0 ? "end" : m === minutes ? "start" : "middle";
      svg("text", { x: x(end - m * 60000), y: height - 5, "text-anchor": anchor }, this.svg)
        .textContent = m === 0 ? "now" : `−${Math.round(m)} min`;
    }
    // The first line lies on the other one, which is wider, so that both can be seen where they are the same.
    for (let i = this.lines.length - 1; i >= 0; i--) this.line(this.lines[i].key, i ? "other" : "first", x, y);
    this.mark(x, y, bottom);
  }

  line(key, name, x, y) {
    let line = "", area = "", begin = null, before = null;
    const close = () => { if (before) area += `L${x(before.t)},${y(0)}L${begin},${y(0)}Z`; };
    for (const p of this.points) {
      if (p[key] < 0) { close(); before = null; continue; }
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

  // mark writes the values into the legend: those under the pointer, or the last ones.
  mark(x, y, bottom) {
    const p = this.at ?? this.points.at(-1);
    if (this.at) svg("line", { class: "cursor", x1: x(p.t), x2: x(p.t), y1: margin.top, y2: bottom }, this.svg);
    this.lines.forEach(({ key, label }, i) => {
      this.labels[i].textContent = `${label} ${p[key] < 0 ? "–" : this.format(p[key])}`;
      if (p[key] >= 0) svg("circle", { class: `dot ${i ? "other" : "first"}`, cx: x(p.t), cy: y(p[key]), r: 4 }, this.svg);
    });
    this.legend.title = this.at ? new Date(p.t).toLocaleTimeString() : "";
  }
}
