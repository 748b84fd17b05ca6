// One request as its form describes it: sent, or shown as a curl command.

const shown = ["content-type", "location", "retry-after", "etag", "preference-applied", "idempotent-replayed", "allow"];
const slot = "key";

export const key = () => sessionStorage.getItem(slot) ?? "";
export const keepKey = text => text ? sessionStorage.setItem(slot, text) : sessionStorage.removeItem(slot);

/** Sends it; returns the status line and headers, and the response with its body unread. Throws a RangeError for what cannot be sent. */
export async function send({ method, path, headers, parts }, signal) {
  for (const [name, value] of Object.entries({ ...headers, Authorization: key() }))
    if (/[^ -~]/.test(value)) throw new RangeError(`The header ${name} takes ASCII characters only.`);
  const begun = performance.now();
  const response = await fetch(path, { method, headers: key() ? { ...headers, Authorization: `Bearer ${key()}` } : headers, body: await bodyOf(parts), signal, cache: "no-store" });
  const took = Math.round(performance.now() - begun);
  return {
    status: `${response.status} ${response.statusText}`.trim(), took, response,
    headers: shown.filter(name => response.headers.has(name)).map(name => `${name}: ${response.headers.get(name)}`),
    type: (response.headers.get("Content-Type") ?? "").split(";")[0],
  };
}

/** The same as a command for a terminal, without the key itself. */
export function curl({ method, path, headers, parts }) {
  const words = ["curl"];
  if (path.endsWith("/events")) words.push("-N");
  if (method !== "GET" && !(method === "POST" && parts)) words.push("-X", method);
  for (const { name, file, text } of parts ?? []) words.push(file ? "-F" : "--form-string", quote(file ? `${name}=@"${file.name.replace(/["\\]/g, "\\$&")}"` : `${name}=${text}`));
  for (const [name, value] of Object.entries(headers)) words.push("-H", quote(`${name}: ${value}`));
  if (key()) words.push("-H", '"Authorization: Bearer $KEY"');
  return [...words, quote(location.origin + path)].join(" ");
}

async function bodyOf(parts) {
  if (!parts) return undefined;
  const form = new FormData();
  for (const { name, file, text } of parts)
    if (file) form.append(name, file.url ? await (await fetch(file.url)).blob() : file, file.name);
    else form.append(name, text);
  return form;
}

const quote = text => /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
