// Numbers as people read them.

const units = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];

// short has three digits: 950, 12.3 k, 4.56 M.
export function short(n) {
  const size = Math.abs(n);
  for (const [unit, letter] of units) {
    if (size >= unit * 0.9995) return digits(n / unit) + " " + letter;
  }
  if (size > 0 && size < 0.05) return "< 0.1";
  return size < 9.95 ? String(Math.round(n * 10) / 10) : String(Math.round(n));
}

function digits(n) {
  return n >= 99.95 ? n.toFixed(0) : n >= 9.995 ? n.toFixed(1) : n.toFixed(2);
}

// whole writes a count in full, until it gets too long for a tile.
export function whole(n) {
  return Math.abs(n) < 1e6 ? Math.round(n).toLocaleString("en-US") : short(n);
}

// tick is for the side of a chart, where all numbers are round ones.
export function tick(label) {
  return label.replace(/(\.\d*?)0+(?= |$)/, "$1").replace(/\.(?= |$)/, "");
}

// traffic is for bytes as networks count them, in powers of ten.
export function traffic(n) {
  return n < 999.5 ? Math.round(n) + " B" : short(n) + "B";
}

export function bytes(n) {
  for (const [power, unit] of [[30, "GiB"], [20, "MiB"], [10, "KiB"]]) {
    if (n >= 2 ** power) return digits(n / 2 ** power) + " " + unit;
  }
  return Math.round(n) + " B";
}

// duration is for microseconds.
export function duration(us) {
  if (us >= 999500) return digits(us / 1e6) + " s";
  if (us >= 999.5) return digits(us / 1e3) + " ms";
  return Math.round(us) + " µs";
}

// cores is for the part of the processor that is in use.
export function cores(n) {
  return n < 9.995 ? n.toFixed(2) : n.toFixed(1);
}

// sentence makes one of the text of a log line.
export function sentence(line) {
  return line.charAt(0).toUpperCase() + line.slice(1) + (/[.!?]$/.test(line) ? "" : ".");
}

// span is for seconds since something began.
export function span(seconds) {
  const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = Math.max(parts.findIndex(([, size]) => seconds >= size), 0);
  let rest = seconds;
  return parts.slice(first, first + 2).map(([unit, size]) => {
    const n = Math.floor(rest / size);
    rest -= n * size;
    return n + "\u00a0" + unit; // which stay on one line
  }).filter((part, i) => i === 0 || !part.startsWith("0\u00a0")).join("\u00a0");
}

// ago says how long before now a time is, both in milliseconds.
export function ago(then, now) {
  const seconds = Math.max(0, (now - then) / 1000);
  if (seconds < 5) return "just now";
  return span(seconds).split("\u00a0").slice(0, 2).join("\u00a0") + " ago";
}
