// Table rows that are replaced on each update, and times in words.
import { duration } from "./words.js";

/** Fills a table's body; a cell is a text, a number, or { text, isNumber }. */
export function show(table, values) {
  document.querySelector(table).tBodies[0].replaceChildren(...values.map(cells => {
    const row = document.createElement("tr");
    for (const cell of cells) {
      const element = row.insertCell();
      element.textContent = cell?.text ?? cell;
      element.classList.toggle("number", typeof cell === "number" || Boolean(cell?.isNumber));
    }
    return row;
  }));
}

/** A round time in few words: 5 min, not 5 min 0 s. */
export const roughly = ms => duration(ms).replace(/(min|h)\s0\s(s|min)$/, "$1").replace(/\.0(?=\s)/, "");

/** How long ago something was. This compares two clocks: a time in the future counts as now. */
export function ago(time) {
  if (!time) return "–";
  const ms = Date.now() - Date.parse(time);
  return ms < 2000 ? "just now" : `${duration(ms)} ago`;
}
