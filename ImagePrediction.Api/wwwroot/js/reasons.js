// Why predictions failed, by code, with a button to retry all with one code where that can help.
import { Problem, call } from "./api.js";
import { ago } from "./table.js";

const table = document.querySelector("#reasons");
const rows = new Map();

export function showReasons({ failures }) {
  document.querySelector("#reasons-region").hidden = failures.length === 0 && rows.size === 0;
  const counts = new Map(failures.map(failure => [failure.code, failure]));
  for (const failure of failures) {
    if (!rows.has(failure.code)) rows.set(failure.code, new Reason(failure));
  }
  for (const [code, row] of rows) row.show(counts.get(code));
}

class Reason {
  #isAsking = false;

  constructor({ code, may_retry_help: mayHelp }) {
    this.code = code;
    this.mayHelp = mayHelp;
    const row = table.tBodies[0].insertRow();
    [this.name, this.count, this.last, this.action] = ["", "number", "", "action"].map(style => {
      const cell = row.insertCell();
      cell.className = style;
      return cell;
    });
    const link = document.createElement("a");
    link.href = `/problems#${code}`;
    link.textContent = code;
    this.name.append(link);
    this.result = document.createElement("span");
    this.result.setAttribute("role", "status");
    this.result.tabIndex = -1;
    if (mayHelp) {
      this.button = document.createElement("button");
      this.button.className = "plain";
      this.button.textContent = "Retry all";
      this.button.ariaLabel = `Retry all with ${code}`;
      this.button.addEventListener("click", () => this.#retry());
      this.action.append(this.button, this.result);
    } else {
      this.action.textContent = "No: the image itself is at fault";
    }
  }

  /** Shows how many are left; none once all were retried. */
  show(failure) {
    this.count.textContent = failure?.count ?? 0;
    this.last.textContent = ago(failure?.last_at);
    if (this.button) this.button.hidden = !failure;
  }

  async #retry() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const response = await call(`/image_predictions/retry?error_code=${this.code}`, { method: "POST" });
      const { retried, more } = await response.json();
      this.result.textContent = `${retried} queued again${more ? "; there are more" : ""}`;
      if (!more) {
        this.result.focus(); // the button is hidden, the focus stays in its row
        this.show(null);
      }
    } catch (error) {
      this.result.textContent = error instanceof Problem ? error.message : "The server did not answer. Try again.";
    } finally {
      this.#isAsking = false;
    }
  }
}
