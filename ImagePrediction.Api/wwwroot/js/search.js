// One prediction, found by its id.
import { Problem, openLink, read } from "./api.js";
import { duration, wordsFor } from "./words.js";

const form = document.querySelector("#search");
const input = document.querySelector("#search-id");
const trouble = document.querySelector("#search-error");
const found = document.querySelector("#found");

form.addEventListener("submit", async event => {
  event.preventDefault();
  found.hidden = true;
  trouble.textContent = "";
  // Also finds the id in a link or a log line.
  const id = input.value.match(/[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}/i)?.[0];
  if (!id) return trouble.textContent = "This is not an id: it has 32 hexadecimal digits.";
  await attempt(async () => {
    show(await read(`/image_prediction/${id}`));
    found.focus();
  });
});

async function attempt(request) {
  try {
    trouble.textContent = "";
    await request();
  } catch (error) {
    trouble.textContent = error instanceof Problem ? error.message : "The server did not answer. Try again.";
  }
}

function show(prediction) {
  const time = text => text ? new Date(text).toLocaleString("en-GB") : "–";
  const { image, links } = prediction;
  found.replaceChildren(
    ...entry("Id", prediction.id),
    ...entry("Status", prediction.status),
    ...entry("Result", wordsFor(prediction)),
    ...prediction.error ? entry("Error code", prediction.error.code) : [],
    ...entry("Accepted", time(prediction.created_at)),
    ...entry("Completed", time(prediction.completed_at)),
    ...entry("In the queue", duration(prediction.queue_ms)),
    ...entry("Attempts", prediction.attempt),
    ...entry("Photo", `${image.media_type}, ${image.width} × ${image.height}, ${image.bytes.toLocaleString("en-GB")} bytes`),
    ...entry("Open", link("JSON", links.self), link("Photo", links.image), links.annotated && link("With boxes", links.annotated)),
    ...links.retry || links.cancel ? entry("Change", links.retry && button("Retry", links.retry), links.cancel && button("Cancel", links.cancel)) : []);
  found.hidden = false;
}

function entry(term, ...values) {
  const [name, value] = [document.createElement("dt"), document.createElement("dd")];
  name.textContent = term;
  value.append(...values.filter(Boolean).flatMap(part => [part, " "]));
  return [name, value];
}

function link(text, href) {
  const element = document.createElement("a");
  Object.assign(element, { href, textContent: text, target: "_blank" });
  element.addEventListener("click", openLink);
  return element;
}

function button(text, path) {
  const element = document.createElement("button");
  Object.assign(element, { className: "plain", textContent: text, type: "button" });
  element.addEventListener("click", () => attempt(async () => {
    show(await read(path, { method: "POST" }));
    found.focus();
  }));
  return element;
}
