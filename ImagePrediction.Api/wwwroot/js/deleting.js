// Deletes photos. This can be undone for some seconds; until then they are only hidden.
import { Lanes } from "./api.js";
import * as history from "./history.js";
import { deleteOnServer } from "./photo.js";

const grace = 8000;
const bar = document.querySelector("#undo");
const words = bar.querySelector("span");
const button = bar.querySelector("button");
let pending = [];
let timer = null;

/** Hides them, and deletes them for good when the time is over, at the next deletion, or when the page is left. */
export function remove(photos) {
  commit();
  photos.filter(photo => !photo.isSent).forEach(photo => photo.leave());
  pending = photos.filter(photo => photo.isSent);
  if (pending.length === 0) return;
  for (const photo of pending) photo.hide(true);
  words.textContent = pending.length > 1 ? `${pending.length} photos deleted` : `${pending[0].name} deleted`;
  button.hidden = false;
  timer = setTimeout(commit, grace);
}

/** Deletes what was still hidden when a page was closed before it had finished, or crashed. */
export function finish(entries) {
  const lanes = new Lanes(1);
  const overdue = entries.filter(({ hiddenAt }) => Date.now() - hiddenAt > 2 * grace);
  // What cannot be deleted now is tried again the next time the page is opened.
  return Promise.allSettled(overdue.map(({ id }) => lanes.run(() => deleteOnServer(id))));
}

function undo() {
  const photos = pending;
  close();
  for (const photo of photos) photo.hide(false);
}

function commit() {
  const photos = pending;
  close();
  const lanes = new Lanes(2);
  for (const photo of photos) lanes.run(() => photo.delete());
}

function close() {
  clearTimeout(timer);
  pending = [];
  words.textContent = "";
  button.hidden = true;
}

button.addEventListener("click", undo);
addEventListener("keydown", event => {
  if (pending.length === 0 || event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target.matches("input[type=password]")) return;
  event.preventDefault();
  undo();
});
addEventListener("pagehide", () => {
  const photos = pending;
  close();
  for (const photo of photos) photo.delete({ keepalive: true });
});
