// The failures, each with a button to retry it. Its row then stays and shows the outcome.
import { Problem, call, openLink, read } from "./api.js";
import { isFinal, wordsFor } from "./words.js";

const table = document.querySelector("#failures");
const rows = new Map();

/** Reads the newest failures, and the state of those that were retried. */
export async function refreshFailures() {
  const { items } = await read("/image_predictions?status=failed&limit=20");
  const failed = new Map(items.map(item => [item.id, item]));
  for (const [id, row] of rows)
    if (!failed.has(id) && !await row.follow()) drop(row);
  for (const item of items) {
    if (rows.has(item.id)) rows.get(item.id).failed(item);
    else rows.set(item.id, new Row(item));
  }
  // Newest first; a row keeps its element, and with it the keyboard focus.
  const sorted = [...rows.values()].sort((a, b) => b.at - a.at);
  sorted.forEach((row, i) => {
    if (table.tBodies[0].rows[i] !== row.element) table.tBodies[0].insertBefore(row.element, table.tBodies[0].rows[i] ?? null);
  });
  document.querySelector("#no-failures").hidden = rows.size > 0;
  document.querySelector("#failures-region").hidden = rows.size === 0;
}

/** The same bytes would fail again. */
const isOfTheImage = code => code?.startsWith("image_") && code !== "image_missing";

function drop(row) {
  rows.delete(row.id);
  row.element.remove();
}

class Row {
  #retried = false;
  #settled = false;
  #isAsking = false;

  constructor(item) {
    this.id = item.id;
    this.element = document.createElement("tr");
    [this.time, this.link, this.code, this.reason, this.action] = ["", "", "", "", ""].map(() => this.element.insertCell());
    const link = document.createElement("a");
    link.href = item.links.self;
    link.target = "_blank";
    link.textContent = `…${item.id.slice(-8)}`;
    link.title = item.id;
    link.addEventListener("click", openLink);
    this.link.append(link);
    this.button = document.createElement("button");
    this.button.className = "plain";
    this.button.textContent = "Retry";
    this.button.ariaLabel = `Retry ${item.id}`;
    this.button.addEventListener("click", () => this.#retry());
    this.result = document.createElement("span");
    this.result.setAttribute("role", "status");
    this.result.tabIndex = -1;
    this.action.className = "action";
    this.action.append(this.button, this.result);
    this.failed(item);
  }

  failed(item) {
    // A response from before the retry says nothing about its outcome.
    if (this.#isAsking || this.#retried && item.completed_at === this.completedAt) return;
    this.at = Date.parse(item.completed_at ?? item.created_at);
    this.time.textContent = new Date(this.at).toLocaleString("en-GB");
    this.code.textContent = item.error?.code ?? "";
    this.reason.textContent = item.error?.detail ?? "";
    if (this.#retried) this.#say("Failed again");
    this.button.hidden = !item.links.retry || isOfTheImage(item.error?.code);
    this.completedAt = item.completed_at;
  }

  /** Updates a row that is no longer among the newest failures; false if it was not retried here. */
  async follow() {
    if (!this.#retried) return false;
    if (this.#settled) return true;
    try {
      const prediction = await read(`/image_prediction/${this.id}`);
      this.#settled = isFinal(prediction);
      this.#say(wordsFor(prediction));
    } catch (error) {
      if (error.status !== 404) throw error;
      this.#settled = true;
      this.#say("Deleted");
    }
    return true;
  }

  async #retry() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const response = await call(`/image_prediction/${this.id}/retry`, { method: "POST" });
      this.#retried = true;
      this.#settled = false;
      this.result.focus(); // the button is hidden, the focus stays in its row
      this.button.hidden = true;
      this.#say(wordsFor(await response.json()));
    } catch (error) {
      this.#say(error instanceof Problem ? error.message : "The server did not answer. Try again.");
    } finally {
      this.#isAsking = false;
    }
  }

  #say(text) {
    if (this.result.textContent !== text) this.result.textContent = text;
  }
}
