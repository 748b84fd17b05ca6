// All photos of this page, newest first, in step with the history and with other tabs.
import * as history from "./history.js";
import { Photo } from "./photo.js";
import { Lanes } from "./waiting.js";

const section = document.querySelector("#photos");
const title = document.querySelector("#photos-title");
const list = document.querySelector("#cards");
const dialog = document.querySelector("#confirm");
const photos = new Set();

/** New files, in the order in which they were chosen; how large one may be is a promise, for they are shown at once. */
export function send(files, mostBytes) {
  const now = Date.now();
  // Of one choice the first stands first: its time is the latest by a hair.
  files.map((file, i) => add(file.name || "Pasted photo", now + (files.length - i) / (files.length + 1)))
    .forEach((photo, i) => photo.send(files[i], mostBytes));
}

/** Shows what this browser has sent before, and listens to other tabs. */
export function restore() {
  history.watch({
    added: entry => find(entry.id) ?? restoreOne(entry),
    removed: id => find(id)?.leave(),
    cleared: () => [...photos].filter(photo => photo.id).forEach(photo => photo.leave()),
  });
  history.all().forEach(restoreOne);
}

function restoreOne({ id, name, at }) {
  add(name, at).take(id);
}

const find = id => [...photos].find(photo => photo.id === id);

function add(name, at) {
  const photo = new Photo({ name, at, removed });
  photos.add(photo);
  const older = [...list.children].find(element => Number(element.dataset.at) < at);
  photo.card.element.dataset.at = at;
  list.insertBefore(photo.card.element, older ?? null);
  section.hidden = false;
  return photo;
}

function removed(photo) {
  photos.delete(photo);
  section.hidden = photos.size === 0;
  const { element } = photo.card;
  if (!element.contains(document.activeElement)) return;
  // The keyboard goes on where it was: at the next photo, or at what is above.
  const next = element.nextElementSibling ?? element.previousElementSibling;
  (next?.querySelector("button.delete:not([hidden])") ?? (section.hidden ? document.querySelector("#files") : title)).focus();
}

document.querySelector("#delete-all").addEventListener("click", () => dialog.showModal());

dialog.addEventListener("close", async () => {
  if (dialog.returnValue !== "delete") return;
  dialog.returnValue = "";
  const lanes = new Lanes(2);
  await Promise.all([...photos].map(photo => lanes.run(() => photo.delete())));
});

// A photo on its way is lost with the page; one that was accepted is not.
addEventListener("beforeunload", event => {
  if ([...photos].some(photo => photo.isUploading)) event.preventDefault();
});
