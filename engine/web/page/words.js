// What is wrong at this moment, in plain words.

import { short, whole } from "./format.js";

// conditions lists {level, text} for the last answer and the points before it.
export function conditions(now, points) {
  const list = now.unhealthy.map((reason) => ({ level: "error", text: reason + "." }));
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
