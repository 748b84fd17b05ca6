// What a prediction means, in words.

export const isFinal = prediction => ["succeeded", "failed", "canceled"].includes(prediction?.status);

/** A sentence for the state of a prediction. */
export const wordsFor = prediction => sentence(partsFor(prediction));

export const sentence = ({ verdict, detail }) => detail ? `${verdict}: ${detail}` : verdict;

/** The same in two parts: the verdict, and its basis. */
export function partsFor(prediction) {
  switch (prediction.status) {
    case "queued": return waiting(prediction.queue);
    case "processing": return { verdict: "Looking…" };
    case "succeeded": return { verdict: verdict(prediction), detail: sureness(prediction) };
    case "failed": return { verdict: prediction.error?.detail || prediction.error?.code || "It failed." };
    case "canceled": return { verdict: "Canceled" };
    default: return { verdict: prediction.status };
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

/** Rounded down: a score below the threshold never reads as if it had reached it. */
export const percent = score => `${Math.floor(100 * (score ?? 0) + 1e-6)}\u00a0%`;

/** A model may find several boxes for one animal. Two with one label are one animal if they share this much of their union, or of the smaller box. */
const overlap = 0.4;
const containment = 0.7;

/** One box for each animal, the most certain one. */
export function animals(boxes) {
  const kept = [];
  for (const box of [...boxes].sort((a, b) => b.confidence - a.confidence))
    if (!kept.some(other => other.label === box.label && areOne(other.box, box.box))) kept.push(box);
  return kept;
}

export const count = (boxes, label) => boxes.filter(found => found.label === label).length;

function areOne(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return false;
  const shared = width * height;
  const [sizeA, sizeB] = [a.width * a.height, b.width * b.height];
  return shared >= overlap * (sizeA + sizeB - shared) || shared >= containment * Math.min(sizeA, sizeB);
}

/** "a dog", "2 dogs and a cat"; empty for neither. */
export function named(boxes) {
  const one = animals(boxes);
  return ["dog", "cat"].map(label => amount(count(one, label), label)).filter(Boolean).join(" and ");
}

/** A threshold as a percentage, with a decimal only if it has one. */
export const thresholdOf = ({ model }) => `${Math.round(1000 * model.threshold) / 10}\u00a0%`;

function waiting(queue) {
  if (!queue) return { verdict: "Waiting" };
  if (queue.workers === 0) return { verdict: "Saved. No worker is running right now; it will be answered when one is." };
  if (queue.paused) return { verdict: "Saved. Work is paused right now; it will be answered when it goes on." };
  const place = queue.position > 1 ? `${queue.position - 1} ahead of you` : "you are next";
  const wait = queue.estimated_wait_ms;
  return { verdict: "Waiting", detail: wait ? `${place}, about ${duration(Math.max(1000, 1000 * Math.round(wait / 1000)))}` : place };
}

function verdict({ contains_dog: containsDog, detections }) {
  const found = named(detections ?? []);
  if (containsDog) return `Yes, ${found || "a dog"}`;
  return found ? `${found[0].toUpperCase()}${found.slice(1)}, no dog` : "No dog";
}

function sureness({ contains_dog: containsDog, confidence, model }) {
  if (containsDog) return `${percent(confidence)} sure`;
  if (!model) return "";
  const needed = `needs at least ${thresholdOf({ model })}`;
  return confidence >= model.threshold / 2 ? `not sure: ${percent(confidence)}, ${needed}` : `${percent(confidence)} for a dog, ${needed}`;
}

const amount = (number, label) => number > 1 ? `${number} ${label}s` : number ? `a ${label}` : "";
