// The page at /operator: refreshes every two seconds while it is visible.
import { ConnectionLost, read } from "./api.js";
import { lost, pause } from "./connection.js";
import { refreshFailures } from "./failures.js";
import { showFigures } from "./figures.js";
import { showReasons } from "./reasons.js";
import { start } from "./session.js";
import { showTaking } from "./taking.js";
import { showWorkers } from "./workers.js";
import "./search.js";

const every = 2000;
const trouble = document.querySelector("#trouble");

await start("operator");
for (;;) {
  await shown();
  await look();
  await pause(every);
}

async function look() {
  try {
    const stats = await read("/stats");
    showTaking(stats);
    showFigures(stats);
    showWorkers(stats);
    showReasons(stats);
    showDashboard(stats);
    await refreshFailures();
    trouble.textContent = "";
  } catch (error) {
    if (error instanceof ConnectionLost) await lost();
    else if (trouble.textContent !== error.message) trouble.textContent = error.message;
  }
}

/** The dashboard listens on the server's own machine only: elsewhere the link would lead nowhere. */
function showDashboard({ dashboard }) {
  const here = ["localhost", "127.0.0.1", "[::1]"];
  const link = document.querySelector("#dashboard");
  link.hidden = !dashboard || here.includes(new URL(dashboard).hostname) && !here.includes(location.hostname);
  if (!link.hidden) link.href = dashboard;
}

async function shown() {
  while (document.hidden) await new Promise(resolve => addEventListener("visibilitychange", resolve, { once: true }));
}
