// One photo, enlarged: the detections at any threshold, the possible actions, and code for the same request.
import { connect, showActions, showWords } from "./card.js";
import { Picture } from "./picture.js";
import { currentKey } from "./session.js";
import { pictured, shelf } from "./shelf.js";
import { snippets } from "./snippets.js";
import { animals, named, sentence, thresholdOf } from "./words.js";

const dialog = document.querySelector("#lightbox");
const find = selector => dialog.querySelector(selector);
const slider = find("#threshold");
const undo = document.querySelector("#undo");
let photo = null;
let picture = null;
let language = "curl";
let take = null;

/** Opens it with the first photo; taker(photos) does the deleting. */
export function open(first, taker) {
  take = taker;
  dialog.append(undo); // nothing outside the dialog can be clicked while it is open
  dialog.showModal();
  show(first);
}

function show(next) {
  photo?.removeEventListener("change", render);
  photo?.removeEventListener("leave", left);
  picture?.dispose();
  photo = next;
  const frame = document.createElement("div");
  frame.className = "frame";
  frame.addEventListener("shown", render);
  find(".frame").replaceWith(frame);
  picture = new Picture(frame, { isWhole: true });
  slider.dataset.of = "";
  dialog.dataset.stage = "";
  photo.addEventListener("change", render);
  photo.addEventListener("leave", left);
  render();
}

function render() {
  if (!photo) return; // a picture that was still loading when the dialog was closed
  const all = pictured();
  find("h2").textContent = photo.name;
  find(".place").textContent = all.length > 1 && all.includes(photo) ? `${all.indexOf(photo) + 1} of ${all.length}` : "";
  for (const [step, button] of [[-1, ".previous"], [1, ".next"]]) find(button).disabled = !neighbour(step);
  showWords(find(".words"), photo, dialog);
  find(".note").textContent = photo.note;
  const { reference } = photo.prediction ?? {};
  find(".reference").textContent = reference ? `Reference: ${reference}` : "";
  showActions(dialog, photo);
  showThreshold();
  find("pre").textContent = snippets[language](photo.name, Boolean(currentKey()));
}

function showThreshold() {
  const { prediction } = photo;
  const { model, detections } = prediction ?? {};
  const weak = prediction?.below_threshold ?? null;
  const hasSlider = Boolean(model && detections) && !picture.isDrawn;
  find(".threshold").hidden = !hasSlider;
  find(".drawn").hidden = !picture.isDrawn;
  if (!hasSlider) return picture.show(photo, sentence(photo.words));

  const own = 100 * model.threshold;
  slider.min = weak ? 5 : Math.floor(own);
  if (slider.dataset.of !== photo.id) slider.value = Math.round(own);
  slider.dataset.of = photo.id;
  const isOwn = Number(slider.value) === Math.round(own);
  const threshold = isOwn ? model.threshold : slider.value / 100;
  const boxes = animals([...detections, ...weak ?? []].filter(found => found.confidence >= threshold));
  picture.show(photo, sentence(photo.words), boxes);
  const output = isOwn ? thresholdOf(prediction) : `${slider.value}\u00a0%`;
  find("output").textContent = output;
  slider.ariaValueText = output;
  find(".found").textContent = isOwn ? "This is what the answer goes by."
    : `Here ${named(boxes) || "nothing"} would count; the answer goes by ${thresholdOf(prediction)}.`;
}

function neighbour(step) {
  const all = pictured();
  const at = all.indexOf(photo);
  return at < 0 ? null : all[at + step] ?? null;
}

function go(step) {
  const next = neighbour(step);
  if (next) show(next);
}

/** When the photo is deleted, here or in another tab, the next one takes its place. */
function left() {
  const next = neighbour(1) ?? neighbour(-1) ?? pictured().find(other => other !== photo);
  if (next) show(next);
  else dialog.close();
}

connect(dialog, () => photo, {
  delete: async () => {
    const gone = photo;
    left();
    await take([gone]);
    render();
  },
  cancel: () => photo.cancel(),
  again: () => photo.again(),
});
find(".previous").addEventListener("click", () => go(-1));
find(".next").addEventListener("click", () => go(1));
find(".close").addEventListener("click", () => dialog.close());
slider.addEventListener("input", showThreshold);
addEventListener("arranged", render);

dialog.addEventListener("keydown", event => {
  if (event.target === slider || event.target.matches("pre") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft") go(-1);
  else if (event.key === "ArrowRight") go(1);
});

for (const button of dialog.querySelectorAll(".languages button"))
  button.addEventListener("click", () => {
    language = button.textContent;
    for (const other of dialog.querySelectorAll(".languages button")) other.ariaPressed = String(other === button);
    render();
  });

find(".copy").addEventListener("click", async () => {
  await copy(find("pre"));
  find(".copied").textContent = "Copied";
  setTimeout(() => find(".copied").textContent = "", 2000);
});

/** The focus returns to the photo that was shown last, or to what is above it. */
dialog.addEventListener("close", () => {
  photo?.removeEventListener("change", render);
  photo?.removeEventListener("leave", left);
  picture?.dispose();
  document.body.append(undo);
  const places = [shelf.get(photo)?.element.querySelector(".open"), document.querySelector("#photos-title"), document.querySelector("#files")];
  places.find(place => place?.checkVisibility())?.focus();
  photo = picture = null;
});

/** The clipboard API exists in secure contexts only; elsewhere the text is selected and copied the old way. */
async function copy(element) {
  if (navigator.clipboard) return navigator.clipboard.writeText(element.textContent);
  getSelection().selectAllChildren(element);
  document.execCommand("copy");
}
