// All photos of this page, in sync with the history and with other tabs.
import { Card } from "./card.js";
import { fetched, pause } from "./connection.js";
import * as history from "./history.js";
import { Photo } from "./photo.js";
import { arrange, arrangeSoon, everything, shelf } from "./shelf.js";

const deleting = fetched(() => import("./deleting.js"));
const title = document.querySelector("#photos-title");
const dialog = document.querySelector("#confirm");
const kept = document.querySelector("#kept");
let dropped = 0;

/** Adds and sends files in the order in which they were chosen; mostBytes is a promise, since they are shown before it is known. */
export async function send(files, mostBytes) {
  const now = Date.now();
  // The first file of a selection is shown first, so its time is slightly later than the others'.
  const adding = each(files, (file, i) => add(file.name || "Pasted photo", now + (files.length - i) / (files.length + 1)).send(file, mostBytes));
  arrange(); // the first of them have been added already
  await adding;
}

/** Shows what this browser has sent before, and listens to other tabs. */
export function restore() {
  history.watch({
    added: entry => find(entry.id) ?? restoreOne(entry),
    removed: id => find(id)?.leave(),
    cleared: () => [...shelf.keys()].filter(photo => photo.id).forEach(photo => photo.leave()),
  });
  const entries = history.all();
  each(entries.filter(({ hiddenAt }) => !hiddenAt), restoreOne);
  deleting.then(({ finish }) => finish(entries.filter(({ hiddenAt }) => hiddenAt)));
}

/** A few at a time, so that the page stays responsive however many there are. */
async function each(items, act) {
  for (const [i, item] of items.entries()) {
    act(item, i);
    if ((i + 1) % 10 === 0) await pause(0);
  }
}

function restoreOne({ id, name, at }) {
  add(name, at).take(id);
}

const find = id => [...shelf.keys()].find(photo => photo.id === id);

function add(name, at) {
  const photo = new Photo({ name, at });
  const card = new Card(photo, {
    open: async () => (await fetched(() => import("./lightbox.js"))).open(photo, take),
    delete: () => take([photo]),
    cancel: () => photo.cancel(),
    again: () => photo.again(),
  });
  shelf.set(photo, card);
  photo.addEventListener("change", arrangeSoon);
  photo.addEventListener("leave", () => left(photo));
  arrangeSoon();
  return photo;
}

/** Deletes photos; the focus moves to the next photo, or to what is above. */
async function take(photos) {
  const { element } = shelf.get(photos[0]);
  const hadFocus = element.contains(document.activeElement);
  const beside = [element.nextElementSibling, element.previousElementSibling].find(other => other && !other.hidden);
  (await deleting).remove(photos);
  if (hadFocus) document.activeElement.blur();
  arrange();
  if (!hadFocus && everything().length > 0) return;
  const buttons = [...beside?.querySelectorAll("button.delete, button.open") ?? []];
  const button = buttons.findLast(candidate => candidate.checkVisibility());
  (button ?? (everything().length > 0 ? title : document.querySelector("#files"))).focus();
}

function left(photo) {
  shelf.get(photo)?.dispose();
  shelf.delete(photo);
  if (shelf.size < history.most) dropped = 0;
  showKept();
  arrangeSoon();
}

/** The history is limited: says how many photos it has dropped. */
function showKept() {
  kept.textContent = dropped === 0 ? ""
    : `This page remembers the newest ${history.most} photos. ${dropped} older ${dropped > 1 ? "ones are" : "one is"} no longer listed after a reload; the server still has ${dropped > 1 ? "them" : "it"}.`;
}

addEventListener("dropped", ({ detail }) => {
  dropped += detail;
  showKept();
});

document.querySelector("#delete-all").addEventListener("click", () => {
  dialog.querySelector("p").textContent = everything().length > 1
    ? `All ${everything().length} photos and their answers are deleted, here and on the server.`
    : "The photo and its answer are deleted, here and on the server.";
  dialog.showModal();
});

dialog.addEventListener("close", () => {
  if (dialog.returnValue === "delete") take(everything());
  dialog.returnValue = "";
});

document.querySelector("#csv").addEventListener("click", async () => (await fetched(() => import("./csv.js"))).download(everything()));

// Closing the page loses a photo that is being uploaded, but not one that was accepted.
addEventListener("beforeunload", event => {
  if ([...shelf.keys()].some(photo => photo.isUploading)) event.preventDefault();
});
