// The status page: asks this broker for its figures every two seconds, and shows them.

import { Chart } from "./chart.js";
import { ago, bytes, duration, short, span, traffic, whole } from "./format.js";
import { conditions } from "./words.js";

const $ = (id) => document.getElementById(id);
const text = (id, value) => { $(id).textContent = value; };

function element(name, className, content = "") {
  const e = document.createElement(name);
  e.className = className;
  e.textContent = content;
  return e;
}

const charts = [
  new Chart($("chart-messages"), { title: "Messages per second", format: short, least: 10, lines: [{ key: "in", label: "in" }, { key: "out", label: "out" }] }),
  new Chart($("chart-latency"), { title: "From publisher to subscriber", format: duration, least: 100, lines: [{ key: "latency", label: "mean" }, { key: "slow", label: "99 % within" }] }),
  new Chart($("chart-connections"), { title: "Connections", format: short, least: 10, lines: [{ key: "connections", label: "open" }] }),
  new Chart($("chart-bytes"), { title: "Bytes per second", format: traffic, least: 1000, lines: [{ key: "bytesIn", label: "in" }, { key: "bytesOut", label: "out" }] }),
];

let points = [];
let key = "";
try { key = sessionStorage.getItem("key") ?? ""; } catch { /* storage is switched off: the key is asked for again */ }

async function ask() {
  const since = points.at(-1)?.t ?? 0;
  const answer = await fetch(`/status/live.json?since=${since}`, {
    cache: "no-store", signal: AbortSignal.timeout(10000), headers: key ? { "x-api-key": key } : {},
  });
  if (answer.status === 401) {
    $("refused").hidden = !key;
    $("login").hidden = false;
    $("content").hidden = true;
    health("waiting", "API key needed");
    return null;
  }
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

function health(look, words) {
  $("health").className = "pill " + look;
  text("health", words);
}

function show(now) {
  $("login").hidden = true;
  $("content").hidden = false;
  $("offline").hidden = true;
  document.body.classList.remove("stale");
  points = points.concat(now.points).slice(-now.length);
  const last = points.at(-1);

  document.title = `${now.node} – VerneMQ`;
  text("node", now.node);
  text("version", "VerneMQ " + (now.version || "development"));
  text("uptime", "up " + span(now.uptime));
  text("connections", whole(now.connections));
  text("connections-more", `${whole(now.sessions)} session${now.sessions === 1 ? "" : "s"}`);
  text("waiting", now.waiting < 0 ? "–" : whole(now.waiting));
  text("subscriptions", whole(now.subscriptions));
  text("retained", `${whole(now.retained)} retained`);
  text("memory", bytes(now.memory));
  if (last) {
    text("rate-in", short(last.in));
    text("rate-out", short(last.out));
    text("cpu", `${last.cpu.toFixed(2)} of ${now.cores} core${now.cores === 1 ? "" : "s"}`);
    for (const chart of charts) chart.show(points, chartSpan(now));
  }
  problems(now);
  queues(now);
  listeners(now);
  members(now);
}

// chartSpan is the width of the charts in milliseconds: all there can be, or less while the broker is young.
function chartSpan(now) {
  const covered = points.at(-1).t - points[0].t;
  return [2, 5].map((minutes) => minutes * 60000).find((span) => covered <= span) ?? now.interval * now.length;
}

function problems(now) {
  const current = conditions(now, points);
  const serious = current.some((c) => c.level === "error");
  if (now.unhealthy.length || serious) health("bad", "not healthy");
  else if (current.length) health("warn", "needs a look");
  else health("good", "healthy");

  const rows = current.map((c) => problem(c.level, c.text, "", "now"));
  for (const p of now.problems) {
    const often = p.count > 1 ? ` (${whole(p.count)} times)` : "";
    rows.push(problem(p.level, p.text + often, p.detail, ago(Date.parse(p.time), now.now)));
  }
  text("problem-count", rows.length || "");
  if (!rows.length) rows.push(problem("none", "None. Warnings and errors of the log appear here.", "", ""));
  $("problems").replaceChildren(...rows);
}

function problem(level, what, detail, when) {
  const li = element("li", level);
  li.append(element("span", "what", what), element("time", "", when));
  if (detail) li.append(element("span", "detail", detail));
  return li;
}

function queues(now) {
  const most = now.queues[0]?.messages ?? 1;
  $("queues").hidden = !now.queues.length;
  $("queues-none").hidden = now.queues.length > 0;
  text("queues-none", now.private
    ? "Names of clients are shown on this machine only, or to who has an API key (http_module.vmq_status_http.auth.mode = apikey)."
    : now.waiting < 0 ? "Counting…" : "No message waits for any client.");
  $("queues").tBodies[0].replaceChildren(...now.queues.map((q) => {
    const row = element("tr", "");
    const client = element("td", "name", q.client || "(empty client id)");
    if (q.mountpoint) client.append(element("small", "", ` on ${q.mountpoint}`));
    const bar = element("div", "bar");
    bar.style.width = `${100 * q.messages / most}%`;
    client.append(bar);
    row.append(client, element("td", q.state === "online" ? "good" : "quiet", q.state), element("td", "n", whole(q.messages)));
    return row;
  }));
}

function listeners(now) {
  $("listeners").tBodies[0].replaceChildren(...now.listeners.map((l) => {
    const row = element("tr", "");
    const address = l.ip.startsWith("local:") ? l.ip : l.ip.includes(":") ? `[${l.ip}]:${l.port}` : `${l.ip}:${l.port}`;
    const where = element("td", "name", address);
    if (l.mountpoint) where.append(element("small", "", ` mountpoint ${l.mountpoint}`));
    row.append(element("td", "", l.type), where, element("td", l.status === "running" ? "good" : "bad", l.status), element("td", "n", whole(l.conns)));
    row.title = l.name;
    return row;
  }));
}

function members(now) {
  $("members").replaceChildren(...now.members.map((m) => {
    const li = element("li", "", m.name);
    li.append(element("span", m.up ? "good" : "bad", m.up ? "up" : "not reachable"));
    return li;
  }));
}

let timer = 0;
async function turn() {
  clearTimeout(timer);
  let pause = 2000;
  try {
    const now = await ask();
    if (now) {
      show(now);
      pause = now.interval;
    }
  } catch (e) {
    health("bad", "no answer");
    text("offline", "The broker does not answer. What is shown is from before.");
    $("offline").hidden = false;
    document.body.classList.add("stale");
  }
  if (!document.hidden && $("login").hidden) timer = setTimeout(turn, pause);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) turn(); });

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  key = $("key").value.trim();
  try { sessionStorage.setItem("key", key); } catch { /* then it lasts as long as the page */ }
  $("login").hidden = true;
  turn();
});

$("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* then it lasts as long as the page */ }
});

turn();
