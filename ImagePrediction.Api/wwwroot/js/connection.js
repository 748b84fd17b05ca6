// Whether the server can be reached. While it cannot, a single probe checks for all requests, and the page says so.

const words = "Lost the connection, trying again";
let probing = null;
let wake = () => {};

/** Call it when a request got no response: resolves once the server responds, to whether it had really been unavailable. */
export function lost() {
  return probing ??= probe().finally(() => probing = null);
}

/** What load() fetches, retried if the connection breaks: a module that the page needs later, or one of its own files. */
export async function fetched(load) {
  for (let failures = 1; ; failures++) {
    try {
      return await load();
    } catch (error) {
      if (failures === 10) throw error; // the connection is not the cause
      await lost();
      await pause(backOff(failures));
    }
  }
}

/** Resolves after this many milliseconds; rejects when the signal is aborted. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", stopped);
    function done() {
      signal?.removeEventListener("abort", stopped);
      resolve();
    }
    function stopped() {
      clearTimeout(timer);
      reject(signal.reason);
    }
  });
}

/** How long to wait after the nth failure in a row: 1, 2, 4, 8, then 15 seconds, randomized so that clients do not all come at once. */
export const backOff = failures => Math.min(1000 * 2 ** (failures - 1), 15_000) * (0.75 + Math.random() / 2);

addEventListener("offline", lost);
addEventListener("online", () => wake());

async function probe() {
  let failures = 0;
  while (!await answers()) {
    show(true);
    await new Promise(resolve => {
      wake = resolve;
      setTimeout(resolve, backOff(++failures));
    });
  }
  show(false);
  if (failures > 0) dispatchEvent(new Event("reconnected"));
  return failures > 0;
}

async function answers() {
  try {
    const response = await fetch("/session", { cache: "no-store", signal: AbortSignal.timeout(10_000) });
    return response.status < 500;
  } catch {
    return false;
  }
}

/** The banner announces it; every open card shows it, too, by its style. */
function show(isLost) {
  document.documentElement.classList.toggle("offline", isLost);
  document.querySelector("#connection").textContent = isLost ? words : "";
}
