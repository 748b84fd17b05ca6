// The four tiles, the outcomes and the latencies of the operator page, from one answer of GET /stats.
import { graph, past } from "./sparkline.js";
import { roughly, show } from "./table.js";
import { duration } from "./words.js";

/** The responses that this page has received: the server keeps no history of the latency. */
let seen = [];

export function showFigures(stats) {
  const now = Date.now();
  seen = [...seen, { ...stats, at: now }].filter(point => now - point.at < past);
  const points = [...stats.history.map(point => ({ ...point, at: Date.parse(point.at) })), seen.at(-1)];
  const line = read => points.map(point => ({ at: point.at, value: read(point) ?? null }));
  const window = `last ${roughly(1000 * stats.window_s)}`;
  const count = value => String(value);
  const perSecond = value => `${value < 10 ? +value.toFixed(1) : Math.round(value)}/s`;

  tile("queued", count(stats.queued), `${stats.processing} in progress`, [line(point => point.queued)], count);
  tile("oldest", stats.queued > 0 ? duration(stats.oldest_age_ms) : "–", stats.queued > 0 ? "since it was accepted" : "The queue is empty",
    [line(point => point.oldest_age_ms ?? 0)], roughly);
  tile("rate", perSecond(stats.completed_per_s), "completed per second, last 10 s", [line(point => point.completed_per_s)], perSecond);
  tile("latency", duration(stats.total_ms?.p50), stats.total_ms ? `p50; p95 is ${duration(stats.total_ms.p95)} (dashed); ${window}` : `Nothing completed, ${window}`,
    ["p50", "p95"].map(name => seen.map(point => ({ at: point.at, value: point.total_ms?.[name] ?? null }))), roughly);

  show("#outcomes", [["Succeeded", stats.succeeded], ["Failed", stats.failed], ["Canceled", stats.canceled]]);
  const parts = [["From POST to result", stats.total_ms], ["In the queue", stats.queue_ms], ["In the model", stats.inference_ms]];
  show("#latencies", parts.map(([part, of]) => [part, ...["p50", "p95", "p99"].map(name => ({ text: duration(of?.[name]), isNumber: true }))]));
  for (const element of document.querySelectorAll(".window")) element.textContent = `, ${window}`;
  document.querySelector("#as-of").textContent = `As of ${new Date(now).toLocaleTimeString("en-GB")}`;

  function tile(id, value, detail, series, format) {
    const element = document.querySelector(`#${id}`);
    element.querySelector(".value").textContent = value;
    element.querySelector(".detail").textContent = detail;
    graph(element.querySelector(".graph"), series, now, format, `${element.querySelector("h2").textContent}, over the last 10 minutes; now ${value}`);
  }
}
