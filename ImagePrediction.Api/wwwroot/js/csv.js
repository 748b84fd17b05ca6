// All results as a table, for a spreadsheet.
import { animals, count, sentence } from "./words.js";

const verdicts = { yes: "dog", no: "no dog" };
const columns = ["name", "verdict", "confidence", "dogs", "boxes", "id", "reference", "detail"];

/** Has the browser save a file with one line per photo. */
export function download(photos) {
  const link = document.createElement("a");
  // With a byte order mark, without which spreadsheets assume another encoding.
  link.href = URL.createObjectURL(new Blob(["\ufeff", table(photos)], { type: "text/csv" }));
  link.download = "photos.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function table(photos) {
  return [columns, ...photos.map(row)].map(cells => cells.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** Boxes as "label confidence x y width height" in pixels of the upright photo. */
function row({ name, stage, id, prediction, words }) {
  const boxes = prediction?.detections ?? [];
  const text = boxes.map(({ label, confidence, box }) => [label, confidence, box.x, box.y, box.width, box.height].join(" ")).join("; ");
  const dogs = stage === "yes" || stage === "no" ? count(animals(boxes), "dog") : "";
  return [name, verdicts[stage] ?? stage, prediction?.confidence, dogs, text, id, prediction?.reference, sentence(words)];
}

/** Quoted where necessary. What a spreadsheet would take for a formula is marked as text. */
function cell(value) {
  const text = String(value ?? "");
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",;\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
