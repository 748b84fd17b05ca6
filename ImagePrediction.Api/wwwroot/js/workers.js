// Which workers run and which no longer do, named as in the Aspire dashboard.
import { ago, show } from "./table.js";

const states = { lost: "Lost", stopped: "Stopped" };

export function showWorkers({ workers: listening, worker_list: all }) {
  const running = all.filter(worker => worker.state === "running");
  const others = all.filter(worker => worker.state !== "running");
  const lost = others.filter(worker => worker.state === "lost").length;
  const words = [running.length === 0 ? "No worker is running" : `${running.length} running`,
    lost > 0 && `${lost} lost in the last hour: killed, crashed, or not heard from for 5 s`, listening === null && "Redis is away: they get no work"].filter(Boolean).join("; ");
  const live = document.querySelector("#workers-live");
  if (live.textContent !== words) live.textContent = words;

  document.querySelector("#workers").hidden = running.length === 0;
  show("#workers", running.map(worker => [worker.name, process(worker), ago(worker.started_at), worker.completed, ago(worker.last_completed_at)]));
  document.querySelector("#lost").hidden = others.length === 0;
  show("#lost", others.map(worker => [worker.name, process(worker), states[worker.state], worker.completed, ago(worker.seen_at ?? worker.last_completed_at)]));
}

const process = ({ process_id: id }) => ({ text: id ?? "–", isNumber: true });
