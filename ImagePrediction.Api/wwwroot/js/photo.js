// One photo from the moment it is chosen, or found in the history, until it is deleted. Fires the events "change" and "leave".
import { Lanes, Problem, call, read } from "./api.js";
import { fetched } from "./connection.js";
import * as history from "./history.js";
import { currentKey } from "./session.js";
import { megabytes, partsFor, percent } from "./words.js";

// Loaded after the cards, since these are needed only once a photo has its card.
const following = fetched(() => import("./follow.js"));
const uploading = fetched(() => import("./upload.js"));
const uploads = new Lanes(3);
/** Error codes of failures that may pass when the server tries again; see docs/errors.md. With keys only an operator may retry. */
const passing = ["internal_error"];

export class Photo extends EventTarget {
  id = null;
  file = null;
  prediction = null;
  /** uploading, queued, processing, yes, no, failed, canceled, refused or gone. */
  stage = "uploading";
  words = { verdict: "Waiting to upload" };
  /** 0 to 1, "unknown", or null for none. */
  progress = null;
  note = "";
  isBusy = false;
  /** Deleted, but this can still be undone. */
  isHidden = false;
  #life = new AbortController();
  #mayTryAgain = false;

  constructor({ name, at }) {
    super();
    this.name = name;
    this.at = at;
  }

  get isUploading() {
    return this.stage === "uploading";
  }

  /** Whether the server has it, as far as is known. */
  get isSent() {
    return this.id !== null && this.stage !== "gone";
  }

  /** Which of again, cancel and delete are possible now. */
  get actions() {
    const links = this.prediction?.links;
    return {
      again: this.#mayTryAgain || this.stage === "canceled" && this.file !== null
        || this.stage === "failed" && Boolean(links.retry) && !currentKey() && passing.includes(this.prediction.error?.code),
      cancel: this.isUploading || this.stage === "queued" && Boolean(links.cancel),
      delete: !this.isUploading,
    };
  }

  /** Shows a local file and, once the server's limit is known, rejects it here, or sends and follows it. */
  async send(file, mostBytes) {
    const { signal } = this.#life;
    this.#set({ file });
    const most = await mostBytes;
    if (signal.aborted) return;
    if (file.size > most) return this.#refuse(`This file is ${megabytes(file.size)}; at most ${megabytes(most)} are accepted. It was not sent.`);
    await this.#send();
  }

  /** Follows a prediction, such as one from the history or another tab. */
  async take(id, prediction = null) {
    this.id = id;
    if (prediction) this.#show(prediction);
    const { follow } = await following;
    await follow(id, prediction, {
      changed: news => this.#show(news),
      gone: () => this.#gone(),
      refused: problem => this.#refuse(problem.message),
    }, this.#life.signal);
  }

  /** Sends a refused or canceled photo again; retries one that failed on the server there. */
  async again() {
    if (this.stage === "failed") {
      await this.#ask(async () => void this.take(this.id, await read(`${this.#path}/retry`, { method: "POST" })));
      return;
    }
    if (this.id) history.remove(this.id);
    this.id = null;
    this.prediction = null;
    await this.#send();
  }

  /** Cancels an upload, or a prediction that is queued. */
  async cancel() {
    if (!this.id) {
      this.#life.abort();
      this.#life = new AbortController();
      return this.#refuse("Canceled", true);
    }
    await this.#ask(async () => this.#show(await read(`${this.#path}/cancel`, { method: "POST" })));
  }

  /** Hides it, here and in other tabs, or shows it again. */
  hide(isHidden) {
    if (this.isSent) history.add({ id: this.id, name: this.name, at: this.at, hiddenAt: isHidden ? Date.now() : undefined });
    this.#set({ isHidden });
  }

  /** Deletes it here and on the server, with keepalive even while the page is being left. What the server does not know counts as deleted. */
  async delete({ keepalive = false } = {}) {
    if (!this.isSent) return this.leave();
    await this.#ask(async () => {
      await deleteOnServer(this.id, keepalive);
      this.leave();
    });
    if (!this.#life.signal.aborted) this.hide(false); // it could not be deleted: the note says why
  }

  /** Removes it from this page only. */
  leave() {
    this.#life.abort();
    this.dispatchEvent(new Event("leave"));
  }

  async #send() {
    const { signal } = this.#life;
    this.#upload(null);
    const { upload } = await uploading;
    try {
      const prediction = await uploads.run(() => upload(this.file, {
        progress: share => this.#upload(share),
        busy: seconds => this.#set({ note: seconds ? `Busy, trying again in ${seconds} s` : "" }),
        signal,
      }));
      history.add({ id: prediction.id, name: this.name, at: this.at });
      await this.take(prediction.id, prediction);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.#refuse(error.message, error.status === 0 || error.status === 408 || error.status >= 500);
    }
  }

  #upload(share) {
    const verdict = share === null ? "Waiting to upload" : `Uploading ${percent(share)}`;
    this.#set({ stage: "uploading", words: { verdict }, progress: share, note: this.note }, false);
  }

  #show(prediction) {
    const progress = prediction.status === "processing" ? "unknown" : null;
    this.#set({ prediction, stage: stageOf(prediction), words: partsFor(prediction), progress, note: "" }, false);
  }

  /** It was not accepted: the sentence says why. */
  #refuse(verdict, mayTryAgain = false) {
    this.#set({ stage: "refused", words: { verdict }, progress: null, note: "" }, mayTryAgain);
  }

  /** With another key it may be found again: then the history keeps it. */
  #gone() {
    this.#set({ stage: "gone", words: { verdict: "Deleted" }, prediction: null, progress: null, note: "" });
    if (!currentKey()) history.remove(this.id);
  }

  #set(state, mayTryAgain = this.#mayTryAgain) {
    Object.assign(this, state);
    this.#mayTryAgain = mayTryAgain;
    this.dispatchEvent(new Event("change"));
  }

  get #path() {
    return pathOf(this.id);
  }

  async #ask(question) {
    this.#set({ isBusy: true, note: "" });
    let note = this.note;
    try {
      await question();
    } catch (error) {
      if (error.status !== 409) note = error instanceof Problem ? error.message : "The server did not answer. Try again.";
    } finally {
      if (!this.#life.signal.aborted) this.#set({ isBusy: false, note });
    }
  }
}

/** Deletes it on the server and from the history. */
export async function deleteOnServer(id, keepalive) {
  await call(pathOf(id), { method: "DELETE", keepalive }).catch(error => {
    if (error.status !== 404) throw error;
  });
  history.remove(id);
}

const pathOf = id => `/image_prediction/${encodeURIComponent(id)}`;

function stageOf({ status, contains_dog: containsDog }) {
  if (status !== "succeeded") return status;
  return containsDog ? "yes" : "no";
}
