// The page at /operator: looks every two seconds while somebody looks at it.
import { ConnectionLost, read } from "./api.js";
import { lost } from "./connection.js";
import { refreshFailures } from "./failures.js";
import { showFigures } from "./figures.js";
import { start } from "./session.js";
import { pause } from "./waiting.js";

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
    showFigures(await read("/stats"));
    await refreshFailures();
    trouble.textContent = "";
  } catch (error) {
    if (error instanceof ConnectionLost) await lost();
    else if (trouble.textContent !== error.message) trouble.textContent = error.message;
  }
}

async function shown() {
  while (document.hidden) await new Promise(resolve => addEventListener("visibilitychange", resolve, { once: true }));
}
