// The form for trying one operation.
import { make, prose } from "./make.js";
import { curl, send } from "./request.js";
import { resolve } from "./schema.js";

const samples = ["dog.jpg", "dog-on-a-walk.jpg", "cat.jpg", "horses.jpg"].map(name => ({ name, url: `/samples/${name}` }));
let lastId = "";
let fields = 0;

/** A form for this operation; its fields are empty, except for the photo and the id of what was posted last. */
export function tryIt(method, path, operation) {
  const inputs = (operation.parameters ?? []).map(parameter => ({ in: parameter.in, ...field(parameter) }));
  const body = operation.requestBody?.content["multipart/form-data"]?.schema;
  const parts = Object.entries(resolve(body).properties ?? {}).map(([name, schema]) =>
    resolve(schema).format === "binary" ? photo(name, body.required?.includes(name)) : field({ name, schema, description: schema.description }));
  const answer = make("div", { className: "answer", role: "status" });
  const button = make("button", { className: "primary", textContent: "Send" });
  const stop = make("button", { className: "plain", type: "button", textContent: "Stop", hidden: true });
  const command = make("pre", { tabIndex: 0 });
  const copy = make("button", { className: "plain", type: "button", textContent: "Copy" });
  const [options, asked] = [[...inputs, ...parts].filter(input => input.isOption), [...inputs, ...parts].filter(input => !input.isOption)];
  const form = make("form", { autocomplete: "off" }, asked.map(input => input.element),
    options.length > 0 && make("details", {}, make("summary", { textContent: "Options" }), make("div", { className: "options" }, options.map(input => input.element))),
    make("div", { className: "row" }, button, stop), answer,
    make("details", {}, make("summary", { textContent: "The same with curl" }), command, make("div", { className: "row" }, copy)));

  const request = () => ({
    method: method.toUpperCase(),
    path: inputs.filter(input => input.in === "path").reduce((url, { name, text }) => url.replace(`{${name}}`, encodeURIComponent(text())), path) + query(inputs),
    headers: Object.fromEntries(inputs.filter(input => input.in === "header" && input.text()).map(({ name, text }) => [name, text()])),
    parts: body && parts.flatMap(part => part.value()),
  });
  const showCommand = () => command.textContent = curl(request());
  form.addEventListener("input", showCommand);
  form.addEventListener("toggle", showCommand, true);
  document.addEventListener("posted", showCommand);
  copy.addEventListener("click", () => navigator.clipboard?.writeText(command.textContent).then(() => copy.textContent = "Copied", () => {}));
  let sending = null;
  stop.addEventListener("click", () => sending?.abort());
  form.addEventListener("submit", async event => {
    event.preventDefault();
    if (sending) return;
    sending = new AbortController();
    stop.hidden = false;
    answer.replaceChildren("Waiting for the answer…");
    try {
      await show(answer, await send(request(), sending.signal));
    } catch (error) {
      if (sending.signal.aborted) answer.append(make("p", { textContent: "Stopped." }));
      else answer.replaceChildren(error instanceof RangeError ? error.message : "No answer came. Is the server running?");
    }
    stop.hidden = true;
    sending = null;
  });
  return form;
}

function query(inputs) {
  const given = inputs.filter(input => input.in === "query" && input.text()).map(({ name, text }) => [name, text()]);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

/** One parameter: a list if only some values are allowed, otherwise an input field. */
function field({ name, in: where, required, description, schema }) {
  const { enum: values, type, minimum, maximum } = resolve(schema);
  const id = `field-${++fields}`;
  const allowed = values ?? (type === "boolean" ? ["true", "false"] : null);
  const input = allowed ? make("select", { id }, ["", ...allowed].map(value => new Option(value || "any", value)))
    : make("input", { id, type: type === "integer" ? "number" : "text", required: !!required, ...(type === "integer" && { min: minimum ?? "", max: maximum ?? "" }) });
  if (where === "path") {
    input.value = lastId;
    document.addEventListener("posted", () => input.value = lastId);
  }
  if (description) input.setAttribute("aria-describedby", `${id}-about`);
  return {
    name,
    isOption: !required && where !== "query",
    text: () => input.value.trim(),
    value: () => input.value.trim() ? [{ name, text: input.value.trim() }] : [],
    element: make("div", { className: "field" },
      make("label", { htmlFor: id }, make("code", { textContent: name }), where === "header" ? " header" : ""), input,
      description && make("p", { className: "quiet", id: `${id}-about` }, prose(description))),
  };
}

/** The photo: one of the samples, or the user's own file. */
function photo(name, required) {
  const group = `photo-${++fields}`;
  const own = make("input", { type: "file", accept: "image/*", ariaLabel: "A photo of your own" });
  const choice = (value, text, image, checked = false) =>
    make("label", {}, image && make("img", { src: image, alt: "", loading: "lazy" }), make("input", { type: "radio", name: group, value, checked }), text);
  const mine = choice("own", "Your own");
  const element = make("fieldset", {}, make("legend", {}, make("code", { textContent: name })), make("div", { className: "samples" },
    samples.map(({ name: file, url }, i) => choice(file, file, url, i === 0)), mine, !required && choice("none", "None")), own);
  own.addEventListener("change", () => {
    mine.querySelector("input").checked = own.files.length > 0;
  });
  return {
    element,
    value: () => {
      const chosen = element.querySelector("input[type=radio]:checked")?.value;
      const file = chosen === "own" ? own.files[0] : samples.find(sample => sample.name === chosen);
      return file ? [{ name, file }] : [];
    },
  };
}

async function show(answer, { status, took, headers, type, response }) {
  const body = make("div");
  answer.replaceChildren(make("p", { className: "status", textContent: `${status} (after ${took} ms)` }),
    make("p", { className: "quiet" }, headers.flatMap(line => [line, make("br")])), body);
  if (type === "text/event-stream") return stream(body, response);
  if (type.startsWith("image/")) {
    const image = make("img", { src: URL.createObjectURL(await response.blob()), alt: "The answer: a picture" });
    for (const ended of ["load", "error"]) image.addEventListener(ended, () => URL.revokeObjectURL(image.src));
    return body.append(image);
  }
  const text = await response.text();
  if (!text) return;
  const json = type.endsWith("json") ? JSON.parse(text) : null;
  body.append(make("pre", { tabIndex: 0, textContent: json ? JSON.stringify(json, null, 2) : text }));
  if (json?.id) {
    lastId = json.id;
    document.dispatchEvent(new Event("posted"));
  }
}

async function stream(body, response) {
  const lines = make("pre", { tabIndex: 0 });
  body.append(lines);
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) lines.append(text);
}
