// One photo's card: what is to be seen of it. What happens to the photo is decided elsewhere.
import { openLink } from "./links.js";
import { Picture } from "./picture.js";
import { wordsFor } from "./words.js";

const template = document.querySelector("#card");

export class Card {
  #find;
  #picture;
  #isBusy = false;

  /** Buttons call on.delete(), on.cancel() and on.again(). */
  constructor(name, on) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.#find = selector => this.element.querySelector(selector);
    this.#picture = new Picture(this.#find(".frame"));
    this.#find(".name").textContent = name;
    this.#find(".name").title = name;
    this.#find("progress").ariaLabel = `Progress of ${name}`;
    for (const action of ["delete", "cancel", "again"]) {
      const button = this.#find(`.${action}`);
      button.ariaLabel = `${button.textContent} ${name}`;
      button.addEventListener("click", () => {
        if (!this.#isBusy) on[action]();
      });
    }
    for (const link of this.element.querySelectorAll(".links a")) link.addEventListener("click", openLink);
  }

  showFile(file) {
    this.#picture.showFile(file);
  }

  /** Before the server has it: share is the part that has arrived, null while others are before it. */
  uploading(share) {
    this.#state("uploading", share === null ? "Waiting to upload" : `Uploading ${Math.floor(100 * share)} %`);
    this.#progress(share);
    this.#offer("cancel");
  }

  show(prediction) {
    const words = wordsFor(prediction);
    this.#state(stageOf(prediction), words);
    this.#progress(prediction.status === "processing" ? "unknown" : null);
    this.#offer("delete", prediction.status === "queued" && prediction.links.cancel && "cancel");
    this.#picture.show(prediction, words);
    this.#links(prediction.links);
    this.note("");
  }

  /** It did not get there: the sentence says why. */
  refuse(sentence, mayTryAgain = false) {
    this.#state("refused", sentence);
    this.#progress(null);
    this.#offer("delete", mayTryAgain && "again");
    this.note("");
  }

  gone() {
    this.refuse("Deleted");
    this.#find(".links").hidden = true;
  }

  note(text) {
    this.#find(".note").textContent = text;
    this.#find(".note").hidden = !text;
  }

  /** While a request is under way no button does anything; they stay enabled, for a disabled one would lose the keyboard's place. */
  busy(isBusy) {
    this.#isBusy = isBusy;
    for (const button of this.element.querySelectorAll("button")) button.ariaDisabled = String(isBusy);
  }

  dispose() {
    this.#picture.dispose();
    this.element.remove();
  }

  /** Only a new stage is read aloud, not every per cent and every place in the queue. */
  #state(stage, words) {
    const output = this.#find(".words");
    if (output.textContent === words) return;
    output.ariaLive = this.element.dataset.stage === stage ? "off" : "polite";
    this.element.dataset.stage = stage;
    output.textContent = words;
  }

  #progress(share) {
    const bar = this.#find("progress");
    bar.hidden = share === null;
    if (share === "unknown") bar.removeAttribute("value");
    else if (share !== null) bar.value = 100 * share;
  }

  #offer(...actions) {
    for (const action of ["delete", "cancel", "again"]) this.#find(`.${action}`).hidden = !actions.includes(action);
  }

  #links(links) {
    this.#find(".links").hidden = false;
    for (const name of ["image", "annotated", "self"]) {
      const link = this.#find(`.links .${name}`);
      link.hidden = !links[name];
      link.href = links[name] ?? "";
    }
  }
}

function stageOf({ status, contains_dog: containsDog }) {
  if (status !== "succeeded") return status;
  return containsDog ? "yes" : "no";
}
