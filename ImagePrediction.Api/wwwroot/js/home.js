// The page at /. Photos come from the file dialog or the camera, or are pasted, or dropped anywhere on the page, alone or in folders.
// The code that takes them runs first, so that a slow connection keeps nobody waiting.
import { fetched } from "./connection.js";
import { start } from "./session.js";
import { megabytes } from "./words.js";

/** Maximum number taken at once: as many as the page remembers. */
const most = 500;

const zone = document.querySelector(".drop");
const inputs = document.querySelectorAll("input[type=file]");
const refused = document.querySelector("#refused");

const session = start("read", "write");
const gallery = fetched(() => import("./gallery.js"));

const send = async files => (await gallery).send(files, session.then(({ max_bytes: mostBytes }) => mostBytes));
receive(send);

const { formats, max_bytes: mostBytes } = await session;
const names = new Intl.ListFormat("en-GB", { type: "disjunction" }).format(formats);
document.querySelector("#limits").textContent = `${names}, up to ${megabytes(mostBytes)} each`;
(await gallery).restore();
(await fetched(() => import("./samples.js"))).offer(send);
await fetched(() => import("./lightbox.js")); // loaded before it is needed

/** Calls take(files) for every selection of files, and for what was chosen before this script was loaded. */
function receive(take) {
  for (const input of inputs) {
    input.addEventListener("change", () => takeFrom(input));
    takeFrom(input);
  }
  addEventListener("paste", event => give([...event.clipboardData.files]));
  addEventListener("dragover", event => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    zone.classList.add("over");
  });
  addEventListener("dragleave", event => {
    if (!event.relatedTarget) zone.classList.remove("over");
  });
  addEventListener("drop", event => {
    zone.classList.remove("over");
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const items = [...event.dataTransfer.items].filter(item => item.kind === "file");
    // Both are read now: afterwards the browser no longer has what was dropped.
    const entries = items.map(item => item.webkitGetAsEntry?.());
    const files = items.filter((_, i) => !entries[i]?.isDirectory).map(item => item.getAsFile()).filter(Boolean);
    const folders = entries.filter(entry => entry?.isDirectory);
    if (folders.length > 0) giveFolders(folders, files);
    else give(files);
  });

  function takeFrom(input) {
    give([...input.files]);
    input.value = ""; // the same file may be chosen again
  }

  /** Takes the photos in the folders, and the files that were dropped with them. */
  async function giveFolders(folders, files) {
    const missed = [];
    let found = [];
    try {
      const { photosOf } = await fetched(() => import("./folders.js"));
      found = await photosOf(folders, path => missed.push(path));
    } catch {
      missed.push(...folders.map(folder => folder.fullPath));
    }
    give(files.concat(found));
    if (missed.length > 0) refused.append(` These could not be read: ${missed.slice(0, 5).join(", ")}${missed.length > 5 ? ` and ${missed.length - 5} more` : ""}.`);
    else if (found.length === 0) refused.append(` There are no photos in ${folders.map(folder => folder.name).join(", ")}.`);
  }

  function give(files) {
    refused.textContent = files.length > most
      ? `The first ${most} of ${files.length} photos were taken. Send the others after these, or all by a program: see the API reference.` : "";
    if (files.length > 0) take(files.slice(0, most));
  }
}

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}
