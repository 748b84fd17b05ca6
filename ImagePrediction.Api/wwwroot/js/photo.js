// One photo from the moment it is chosen, or found in the history, until it is deleted.
import { Problem, call, read } from "./api.js";
import { Card } from "./card.js";
import { follow } from "./follow.js";
import * as history from "./history.js";
import { currentKey } from "./session.js";
import { upload } from "./upload.js";
import { Lanes } from "./waiting.js";
import { megabytes } from "./words.js";

const uploads = new Lanes(3);

export class Photo {
  id = null;
  isUploading = false;
  #life = new AbortController();
  #file;

  /** When it leaves, removed(photo) is called. */
  constructor({ name, at, removed }) {
    this.name = name;
    this.at = at;
    this.removed = removed;
    this.card = new Card(name, { delete: () => this.delete(), cancel: () => this.cancel(), again: () => this.#send() });
  }

  /** A file of this browser: shown, and once the server has told its limit refused here, or sent and followed. */
  async send(file, mostBytes) {
    const { signal } = this.#life;
    this.#file = file;
    this.card.showFile(file);
    this.card.uploading(null);
    const most = await mostBytes;
    if (signal.aborted) return;
    if (file.size > most)
      return this.card.refuse(`This file has ${megabytes(file.size)}; at most ${megabytes(most)} are accepted. It was not sent.`);
    await this.#send();
  }

  /** What the history or another tab tells of. */
  async take(id, prediction = null) {
    this.id = id;
    if (prediction) this.card.show(prediction);
    await follow(id, prediction, {
      changed: news => this.card.show(news),
      gone: () => this.#gone(),
      refused: problem => this.card.refuse(problem.message),
    }, this.#life.signal);
  }

  async #send() {
    const { signal } = this.#life;
    const { card } = this;
    this.isUploading = true;
    card.uploading(null);
    try {
      const prediction = await uploads.run(() => upload(this.#file, {
        progress: share => card.uploading(share),
        busy: seconds => card.note(seconds ? `Busy, trying again in ${seconds} s` : ""),
        signal,
      }));
      this.isUploading = false;
      history.add({ id: prediction.id, name: this.name, at: this.at });
      await this.take(prediction.id, prediction);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      const mayHelp = error.status === 0 || error.status === 408 || error.status >= 500;
      card.refuse(error.message, mayHelp);
    } finally {
      this.isUploading = false;
    }
  }

  /** Calls an upload off, or a prediction that waits. */
  async cancel() {
    if (!this.id) {
      this.#life.abort();
      this.#life = new AbortController();
      return this.card.refuse("Canceled");
    }
    await this.#ask(async () => this.card.show(await read(`${this.#path}/cancel`, { method: "POST" })));
  }

  /** Deletes it here and on the server. What the server does not know is deleted. */
  async delete() {
    if (!this.id) return this.leave();
    await this.#ask(async () => {
      await call(this.#path, { method: "DELETE" }).catch(error => {
        if (error.status !== 404) throw error;
      });
      history.remove(this.id);
      this.leave();
    });
  }

  /** Away from this page only. */
  leave() {
    this.#life.abort();
    this.removed(this);
    this.card.dispose();
  }

  get #path() {
    return `/image_prediction/${encodeURIComponent(this.id)}`;
  }

  async #ask(question) {
    this.card.busy(true);
    this.card.note("");
    try {
      await question();
    } catch (error) {
      if (error.status !== 409) this.card.note(error instanceof Problem ? error.message : "The server did not answer. Try again.");
    } finally {
      this.card.busy(false);
    }
  }

  /** With another key it may be there again: then the history keeps it. */
  #gone() {
    this.card.gone();
    if (!currentKey()) history.remove(this.id);
  }
}
