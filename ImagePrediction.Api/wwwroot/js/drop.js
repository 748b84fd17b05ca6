// Photos come by the file dialog, dropped anywhere on the page, or pasted.

const zone = document.querySelector(".drop");
const input = document.querySelector("#files");
const refused = document.querySelector("#refused");

/** Calls take(files) for every choice of files. */
export function receive(take) {
  input.addEventListener("change", () => {
    give([...input.files]);
    input.value = ""; // the same file may be chosen again
  });
  addEventListener("paste", event => {
    if (event.clipboardData.files.length > 0) give([...event.clipboardData.files]);
  });
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
    const folders = items.filter(item => item.webkitGetAsEntry?.()?.isDirectory);
    give(items.filter(item => !folders.includes(item)).map(item => item.getAsFile()).filter(Boolean));
    if (folders.length > 0) refused.textContent = "A folder cannot be sent. Open it and drop the photos in it.";
  });

  function give(files) {
    refused.textContent = "";
    if (files.length > 0) take(files);
  }
}

const carriesFiles = event => event.dataTransfer?.types.includes("Files");
