// One photo's card: only how it looks. What happens to the photo is decided elsewhere.
import { openLink } from "./api.js";
import { Picture } from "./picture.js";
import { sentence } from "./words.js";

const template = document.querySelector("#card");
const actions = ["delete", "cancel", "again"];

export class Card {
  element = template.content.firstElementChild.cloneNode(true);
  #photo;
  #picture = new Picture(this.find(".frame"));

  /** Buttons call on.open(), on.delete(), on.cancel() and on.again(). */
  constructor(photo, on) {
    this.#photo = photo;
    this.find(".name").textContent = photo.name;
    this.find(".name").title = photo.name;
    this.find("progress").ariaLabel = `Progress of ${photo.name}`;
    this.find(".open").ariaLabel = `Enlarge ${photo.name}`;
    this.find(".open").addEventListener("click", on.open);
    connect(this.element, () => photo, on);
    photo.addEventListener("change", () => this.render());
    this.render();
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  render() {
    const photo = this.#photo;
    showWords(this.find(".words"), photo, this.element);
    this.find("progress").hidden = photo.progress === null;
    if (photo.progress === "unknown") this.find("progress").removeAttribute("value");
    else if (photo.progress !== null) this.find("progress").value = 100 * photo.progress;
    this.find(".note").textContent = photo.note;
    this.find(".note").hidden = !photo.note;
    showActions(this.element, photo);
    this.#picture.show(photo, sentence(photo.words));
  }

  dispose() {
    this.#picture.dispose();
    this.element.remove();
  }
}

/**
 * Shows the verdict and its basis. Only a new stage is read aloud, not every percentage or queue position; with many photos none is, since
 * the page then sums up.
 */
export function showWords(output, { words, stage }, host) {
  const text = sentence(words);
  if (output.textContent === text && host.dataset.stage === stage) return;
  output.ariaLive = host.dataset.stage === stage || host.closest(".many") ? "off" : "polite";
  host.dataset.stage = stage;
  const basis = document.createElement("span");
  basis.className = "basis";
  basis.textContent = words.detail ?? "";
  const colon = document.createElement("span");
  colon.className = "visually-hidden";
  colon.textContent = words.detail ? ": " : "";
  output.replaceChildren(words.verdict, colon, basis);
}

/**
 * Connects the buttons in the element to the functions in on, for the photo that is shown at the time. During a request they do nothing;
 * they stay enabled, since a disabled one would lose the keyboard focus.
 */
export function connect(element, shown, on) {
  for (const action of actions)
    element.querySelector(`.${action}`).addEventListener("click", () => {
      if (!shown().isBusy) on[action]();
    });
  for (const link of element.querySelectorAll(".links a")) link.addEventListener("click", openLink);
}

/** Shows the buttons and links that apply to the photo; most changes of a photo do not affect them. */
export function showActions(element, photo) {
  const { actions: offered, isSent, isBusy, prediction, name } = photo;
  const state = JSON.stringify([offered, isSent, isBusy, prediction?.links, name]);
  if (element.dataset.offered === state) return;
  element.dataset.offered = state;
  const labels = { delete: isSent ? "Delete" : "Remove", cancel: "Cancel", again: "Try again" };
  for (const action of actions) {
    const button = element.querySelector(`.${action}`);
    button.hidden = !offered[action];
    button.textContent = labels[action];
    button.ariaLabel = `${labels[action]} ${name}`;
    button.ariaDisabled = String(isBusy);
  }
  element.querySelector(".links").hidden = !prediction;
  for (const link of element.querySelectorAll(".links a")) {
    const target = prediction?.links[link.dataset.link];
    link.hidden = !target;
    link.href = target ?? "";
    link.ariaLabel = `${link.textContent}: ${name}`;
  }
}
