// Follows predictions until they are final: two by event streams, the others by polling.
import { ConnectionLost, Lanes, Problem, call, parse } from "./api.js";
import { backOff, lost, pause } from "./connection.js";
import { events } from "./events.js";
import { block, takePlace } from "./streams.js";
import { isFinal } from "./words.js";

const reads = new Lanes(2);
let following = 0;

/**
 * Calls watcher.changed(prediction) on every change until the prediction is final, watcher.gone() if it was deleted,
 * or watcher.refused(problem). The prediction may be null: then it is read first.
 */
export async function follow(id, prediction, watcher, signal) {
  const state = { path: `/image_prediction/${encodeURIComponent(id)}`, prediction, watcher, signal, failures: 0 };
  following++;
  try {
    while (!isFinal(state.prediction)) {
      try {
        await look(state);
      } catch (error) {
        if (signal.aborted) return;
        await recover(state, error);
      }
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error.status === 404) watcher.gone();
    else if (error instanceof Problem) watcher.refused(error);
    else throw error;
  } finally {
    following--;
  }
}

async function look(state) {
  const release = state.prediction && await takePlace();
  if (!release) return poll(state);
  try {
    return await listen(state);
  } catch (error) {
    if (!error.isBusy) throw error;
    block(error.retryAfter); // no stream for now: poll instead
  } finally {
    release();
  }
  await poll(state);
}

async function listen(state) {
  const { prediction, lastEventId, signal } = state;
  for await (const { event, id, data } of events(prediction.links.events, { lastEventId, signal })) {
    if (event === "deleted") throw new Problem(404);
    if (event !== "prediction") continue;
    state.lastEventId = id;
    tell(state, parse(data));
    if (isFinal(state.prediction)) return;
  }
  await pause(1000, signal); // the server ends a long stream: try again, but not at once
}

async function poll(state) {
  const { signal } = state;
  // The ETag does not cover the position in the queue, so a queued prediction is always read in full.
  const headers = state.etag && state.prediction?.status === "processing" ? { "If-None-Match": state.etag } : {};
  const response = await reads.run(() => call(state.path, { headers, signal }));
  if (response.status !== 304) {
    state.etag = response.headers.get("ETag");
    tell(state, parse(await response.text()));
  }
  if (isFinal(state.prediction)) return;
  const retryAfter = Number(response.headers.get("Retry-After")) || 1;
  await pause(1000 * Math.max(retryAfter, Math.min(following / 20, 10)), signal);
}

function tell(state, prediction) {
  state.failures = 0;
  state.prediction = prediction;
  state.watcher.changed(prediction);
}

/** Waits until trying again makes sense; rethrows errors that are permanent. */
async function recover(state, error) {
  state.failures++;
  if (error instanceof ConnectionLost) {
    await lost();
    if (state.failures > 1) await pause(backOff(state.failures - 1), state.signal);
  } else if (error.isBusy) {
    await pause(1000 * error.retryAfter, state.signal);
  } else if (error.status >= 500) {
    await pause(backOff(state.failures), state.signal);
  } else {
    throw error;
  }
}
