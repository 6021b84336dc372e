// What is wrong at this moment, in plain words.

import { short, whole } from "./format.js";

// conditions lists {level, text, detail} for the last answer and the points before it.
export function conditions(now, points) {
  const stopped = now.listeners.filter((l) => l.status !== "running");
  const list = stopped.map((l) => ({
    level: "error", text: `Listener ${l.name} was stopped: it serves the clients it has and lets nobody in. vmq-admin listener restart opens it again.`,
  }));
  for (const reason of now.unhealthy) {
    // What /health says about listeners names their kinds only.
    if (!stopped.length || !reason.startsWith("Listeners")) list.push({ level: "error", text: reason + "." });
  }
  if (now.disk) {
    list.push({ level: "error", text: "The disk fails. Nothing is acknowledged that has to be stored, and publishers of such messages wait.", detail: now.disk });
  }
  for (const m of now.members) {
    if (!m.up) list.push({ level: "error", text: `Node ${m.name} cannot be reached from here.` });
  }
  if (!now.listeners.some((l) => l.type.startsWith("mqtt"))) {
    list.push({ level: "error", text: "No MQTT listener is there, so no client can connect." });
  }
  for (const l of now.listeners) {
    if (l.status === "running" && typeof l.max_conns === "number" && l.conns >= l.max_conns) {
      list.push({ level: "warning", text: `Listener ${l.name} is full: it serves ${whole(l.conns)} connections, and more clients wait until one leaves (max_connections).` });
    }
  }
  const recent = points.slice(-5);
  const dropped = recent.reduce((sum, p) => sum + p.dropped, 0) / (recent.length || 1);
  if (dropped > 0) {
    list.push({ level: "warning", text: `Messages are being dropped, ${short(dropped)} per second: some clients read more slowly than others publish, are away, or have full queues. The metric message_drop tells why.` });
  }
  const last = points.at(-1);
  if (last && now.cores && last.cpu > 0.9 * now.cores) {
    list.push({ level: "warning", text: `The broker uses ${last.cpu.toFixed(1)} of ${now.cores} cores: it is at its limit.` });
  }
  return list;
}
