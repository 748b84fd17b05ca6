// What a prediction means, in words.

export const isFinal = prediction => ["succeeded", "failed", "canceled"].includes(prediction?.status);

/** A sentence for where a prediction stands. */
export function wordsFor(prediction) {
  switch (prediction.status) {
    case "queued": return waiting(prediction.queue);
    case "processing": return "Looking…";
    case "succeeded": return prediction.contains_dog ? yes(prediction) : no(prediction);
    case "failed": return prediction.error?.detail || prediction.error?.code || "It failed.";
    case "canceled": return "Canceled";
    default: return prediction.status;
  }
}

/** 12.3 MB; a file over a limit never reads like the limit itself. */
export const megabytes = bytes => `${Math.ceil(bytes / (1 << 20) * 10 - 1e-6) / 10} MB`;

/** 850 ms, 2.4 s, 3 min 20 s, 2 h 5 min */
export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 999.5) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)}\u00a0s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}\u00a0s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}\u00a0min ${seconds % 60}\u00a0s` : `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
}

function waiting(queue) {
  if (!queue) return "Waiting";
  if (queue.workers === 0) return "Saved. No worker is running right now; it will be answered when one is.";
  return queue.position > 1 ? `Waiting: ${queue.position - 1} ahead of you` : "Waiting: you are next";
}

function yes({ detections, confidence }) {
  const dogs = (detections ?? []).filter(found => found.label === "dog").length;
  const score = (confidence ?? 0).toFixed(2);
  return dogs > 1 ? `Yes, ${dogs} dogs (best score ${score})` : `Yes, there is a dog (score ${score})`;
}

/** The score is rounded down: one below the line never reads as if it lay on it. */
function no({ confidence, model }) {
  const score = Math.floor((confidence ?? 0) * 100 + 1e-6) / 100;
  const line = model ? `; the line is ${model.threshold.toFixed(2)}` : "";
  return `No dog found (best score ${score.toFixed(2)}${line})`;
}
