// The page at /docs: the OpenAPI document in readable form, each operation with a form to try it.
import { make, prose } from "./make.js";
import { key, keepKey } from "./request.js";
import { members, use } from "./schema.js";
import { tryIt } from "./try.js";

const methods = ["post", "get", "put", "patch", "delete"];
const byId = id => document.getElementById(id);

async function load() {
  const [description, session] = await Promise.all(["/openapi/v1.json", "/session"].map(async url => (await fetch(url)).json()));
  use(description);
  byId("about").append(...prose(description.info.description));
  askForKey(session.authentication === "key");
  const operations = Object.entries(description.paths).flatMap(([path, item]) =>
    methods.filter(method => item[method]).map(method => ({ path, method, operation: item[method] })));
  byId("contents").append(...operations.map(entry));
  byId("operations").append(...operations.map(section));
  if (location.hash) byId(location.hash.slice(1))?.scrollIntoView();
}

function askForKey(needed) {
  byId("key").hidden = !needed;
  byId("key-text").value = key();
  byId("key").addEventListener("submit", event => event.preventDefault());
  byId("key-text").addEventListener("input", event => keepKey(event.target.value.trim()));
}

const badge = method => make("span", { className: `method ${method}`, textContent: method.toUpperCase() });

const entry = ({ method, operation }) => make("li", {}, make("a", { href: `#${operation.operationId}` }, badge(method), make("span", { className: "title", textContent: operation.summary })));

function section({ path, method, operation }, index) {
  const title = `${operation.operationId}-title`;
  const result = make("section", { id: operation.operationId, className: "operation panel" },
    make("h2", { id: title }, badge(method), make("code", { textContent: path })),
    make("p", { textContent: operation.summary }),
    operation.description && make("p", { className: "quiet" }, prose(operation.description)),
    make("details", { open: index === 0 }, make("summary", { textContent: "Try it" }), tryIt(method, path, operation)),
    make("details", {}, make("summary", { textContent: "Responses" }), responses(operation)));
  result.setAttribute("aria-labelledby", title);
  return result;
}

/** Every status; a successful one with all members of its response, shown only once if several statuses have the same. */
function responses({ responses }) {
  const told = new Set();
  return make("ul", { className: "fields" }, Object.entries(responses).map(([status, { description, content = {} }]) => {
    const [type, answer] = Object.entries(content)[0] ?? [];
    const name = answer?.schema?.$ref;
    const parts = status < 300 && !told.has(name) ? members(answer?.schema) : [];
    told.add(name);
    return make("li", {}, make("span", { className: "status", textContent: `${status} ${description}` }), " ",
      type && make("span", { className: "type", textContent: type }),
      parts.length > 0 && make("ul", { className: "fields" }, parts.map(member)));
  }));
}

const member = ({ name, type, description }) => make("li", {}, make("code", { textContent: name }), " ", make("span", { className: "type", textContent: type }),
  description && make("p", { className: "quiet" }, prose(description)));

try {
  await load();
} catch (error) {
  byId("trouble").textContent = "The OpenAPI document could not be loaded. Reload this page in a moment.";
  throw error;
}
