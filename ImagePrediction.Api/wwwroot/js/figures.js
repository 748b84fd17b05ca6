// The four tiles and the two tables of the operator page, from one answer of GET /stats.
import { sparkline } from "./sparkline.js";
import { duration } from "./words.js";

/** How far back the lines go. */
const past = 10 * 60_000;
/** What this page has seen itself: the server keeps no history of the latency. */
let seen = [];

export function showFigures(stats) {
  const now = Date.now();
  seen = [...seen, { ...stats, at: now }].filter(point => now - point.at < past);
  const points = [...stats.history.map(point => ({ ...point, at: Date.parse(point.at) })), seen.at(-1)];
  const line = read => points.map(point => ({ at: point.at, value: read(point) ?? null }));

  const rate = (stats.completed_per_s ?? 0).toFixed(1);
  tile("queued", stats.queued, `${stats.processing} being looked at`, [line(point => point.queued)]);
  tile("oldest", stats.oldest_age_ms === null ? "–" : duration(stats.oldest_age_ms), stats.queued > 0 ? "" : "Nobody waits",
    [line(point => point.oldest_age_ms ?? 0)]);
  tile("rate", rate, "over the last seconds", [line(point => point.completed_per_s)]);
  tile("latency", duration(stats.total_ms?.p50), stats.total_ms ? `median; 95 of 100 within ${duration(stats.total_ms.p95)}` : "",
    ["p50", "p95"].map(name => seen.map(point => ({ at: point.at, value: point.total_ms?.[name] ?? null }))));

  workers(stats);
  outcomes(stats);
  document.querySelector("#as-of").textContent = `As of ${new Date(now).toLocaleTimeString("en-GB")}`;
}

function tile(id, value, detail, series) {
  const element = document.querySelector(`#${id}`);
  element.querySelector(".value").textContent = value;
  element.querySelector(".detail").textContent = detail;
  sparkline(element.querySelector(".graph"), series, `${element.querySelector("h2").textContent}, over time; now ${value}`);
}

function workers({ workers: live, worker_names: names }) {
  document.querySelector("#workers-live").textContent = live === null ? "How many are running is not known"
    : live === 0 ? "No worker is running" : `${live} running`;
  const table = document.querySelector("#workers");
  table.hidden = names.length === 0;
  rows(table, names.map(worker =>
    [worker.name, worker.completed, worker.last_completed_at ? ago(Date.now() - Date.parse(worker.last_completed_at)) : "–"]));
}

/** Two clocks are compared here: what lies in the future is now. */
const ago = ms => ms < 2000 ? "just now" : `${duration(ms)} ago`;

function outcomes({ window_s: window, succeeded, failed, canceled, errors }) {
  document.querySelector("#outcomes-window").textContent = `In the last ${duration(1000 * window).replace(/ 0\ss$/, "")}`;
  rows(document.querySelector("#outcomes"), [["Succeeded", succeeded], ["Canceled", canceled], ["Failed", failed],
    ...errors.map(error => [`of these ${error.code}`, error.count])]);
}

function rows(table, values) {
  table.tBodies[0].replaceChildren(...values.map(cells => {
    const row = document.createElement("tr");
    for (const cell of cells) {
      const element = row.insertCell();
      element.textContent = cell;
      element.classList.toggle("number", typeof cell === "number");
    }
    return row;
  }));
}
