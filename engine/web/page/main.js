// The status page: asks this broker for its figures every two seconds, and shows them.

import { Charts } from "./chart.js";
import { ago, bytes, cores, duration, sentence, short, span, traffic, whole } from "./format.js";
import { conditions } from "./words.js";

const $ = (id) => document.getElementById(id);
const text = (id, value) => { $(id).textContent = value; };

function element(name, className, content = "") {
  const e = document.createElement(name);
  e.className = className;
  e.textContent = content;
  return e;
}

const charts = new Charts([
  [$("chart-messages"), { title: "Messages per second", format: short, least: 10, lines: [{ key: "in", label: "in" }, { key: "out", label: "out" }] }],
  [$("chart-latency"), {
    title: "Publisher to subscriber", format: duration, least: 100, none: "no message was delivered",
    lines: [{ key: "latency", label: "mean" }, { key: "slow", label: "99 % in" }],
  }],
  [$("chart-commit"), {
    title: "Commits to disk", format: duration, least: 100, none: "nothing had to be stored",
    lines: [{ key: "commit", label: "mean" }, { key: "commitSlow", label: "99 % in" }],
  }],
  [$("chart-connections"), { title: "Connections", format: short, least: 10, lines: [{ key: "connections", label: "open" }] }],
  [$("chart-bytes"), { title: "Bytes per second", format: traffic, least: 1000, lines: [{ key: "bytesIn", label: "in" }, { key: "bytesOut", label: "out" }] }],
  [$("chart-cpu"), { title: "CPU", format: cores, least: 1, lines: [{ key: "cpu", label: "cores in use" }] }],
]);

// problemsShown is how many problems are shown before somebody asks for all.
const problemsShown = 5;

let points = [];
let allProblems = false;
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

  text("node", now.node);
  text("version", "VerneMQ " + (now.version || "development"));
  text("uptime", "up\u00a0" + span(now.uptime));
  text("connections", whole(now.connections));
  text("connections-more", `${whole(now.sessions)} session${now.sessions === 1 ? "" : "s"}`);
  text("waiting", now.waiting < 0 ? "–" : whole(now.waiting));
  text("subscriptions", whole(now.subscriptions));
  text("retained", `${whole(now.retained)} retained`);
  text("memory", bytes(now.memory));
  if (last) {
    text("rate-in", short(last.in));
    text("rate-out", short(last.out));
    text("cpu", `CPU ${last.cpu.toFixed(2)} of ${now.cores} core${now.cores === 1 ? "" : "s"}`);
    charts.show(points, chartSpan(now), now.interval);
  }
  problems(now);
  queues(now);
  listeners(now);
  members(now);
}

// chartSpan is the width of the charts in milliseconds: all there can be, or less while the broker is young.
function chartSpan(now) {
  const covered = points.at(-1).t - points[0].t;
  return [1, 2, 5].map((minutes) => minutes * 60000).find((span) => covered <= span) ?? now.interval * now.length;
}

function problems(now) {
  const current = conditions(now, points);
  const serious = current.some((c) => c.level === "error");
  const [look, words] = serious ? ["bad", "not healthy"] : current.length ? ["warn", "needs a look"] : ["good", "healthy"];
  health(look, words);
  document.title = `${current.length ? words + ": " : ""}${now.node} – VerneMQ`;
  // Said again only when it has changed, because a screen reader says all of it.
  const said = JSON.stringify(current.map((c) => [c.level, c.text, c.detail]));
  if ($("now").dataset.said !== said) {
    $("now").dataset.said = said;
    $("now").replaceChildren(...current.map((c) => {
      const li = element("li", `banner ${c.level}`, c.text);
      if (c.detail) li.append(element("small", "", c.detail));
      return li;
    }));
  }

  const rows = alike(now.problems).map((p) =>
    problem(p.level, sentence(p.count > 1 ? `${p.text} (${whole(p.count)} times)` : p.text), p.detail, ago(Date.parse(p.time), now.now)));
  text("problem-count", rows.length || "");
  $("problem-more").hidden = rows.length <= problemsShown;
  $("problem-more").setAttribute("aria-expanded", allProblems);
  text("problem-more", allProblems ? "Show the latest only" : `Show all ${rows.length}`);
  if (!rows.length) rows.push(problem("none", "None. Warnings and errors of the log appear here.", "", ""));
  $("problems").replaceChildren(...(allProblems ? rows : rows.slice(0, problemsShown)));
}

// alike makes one of the problems that happened to several, with the details of the latest.
function alike(list) {
  const kinds = new Map();
  for (const p of list) {
    const kind = kinds.get(p.level + p.text);
    if (kind) kind.count += p.count;
    else kinds.set(p.level + p.text, { ...p });
  }
  return [...kinds.values()];
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
    if (q.mountpoint) client.append(element("small", "", `mountpoint ${q.mountpoint}`));
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
    where.append(element("small", "", l.mountpoint ? `${l.name}, mountpoint ${l.mountpoint}` : l.name));
    const conns = element("td", "n", whole(l.conns));
    if (typeof l.max_conns === "number") conns.append(element("small", "", `of ${whole(l.max_conns)}`));
    row.append(element("td", "", l.type), where, element("td", l.status === "running" ? "good" : "bad", l.status), conns);
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

$("problem-more").addEventListener("click", () => {
  allProblems = !allProblems;
  turn();
});

$("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* then it lasts as long as the page */ }
});

turn();
