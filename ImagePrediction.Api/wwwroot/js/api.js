// Requests to the API: adds the key, and throws errors. Lanes limit how many run at once.
import { anotherKey, authorization, currentKey } from "./session.js";

const limit = 30_000;

/** An error response, with the server's own message. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body?.detail || body?.title || `The server answered with status ${status}.`);
    this.status = status;
    this.isBusy = status === 429 || status === 503;
    this.retryAfter = Number(retryAfter) || 5;
  }
}

/** No response was received. */
export class ConnectionLost extends Error {}

/** The response, with a status below 300 or 304. A stream has no time limit, everything else half a minute. */
export async function call(path, { headers, signal, stream = false, ...options } = {}) {
  for (;;) {
    const key = currentKey();
    const response = await send(path, {
      ...options,
      cache: "no-store",
      headers: { ...headers, ...authorization(key) },
      signal: stream ? signal : AbortSignal.any([AbortSignal.timeout(limit), signal].filter(Boolean)),
    }, signal);
    if (response.ok || response.status === 304) return response;
    if (response.status !== 401) throw new Problem(response.status, await jsonOf(response), response.headers.get("Retry-After"));
    await anotherKey(key);
  }
}

export const read = async (path, options) => parse(await (await call(path, options)).text());

/** Links may be absolute URLs, with a proxy's scheme or name: the pages use only the paths, on the server they came from. */
export const parse = text => JSON.parse(text, (key, value) => key !== "links" || !value ? value
  : Object.fromEntries(Object.entries(value).map(([name, link]) => [name, link && new URL(link, location).pathname])));

/** Handles a click on a link that needs a key: the browser would not send it, so the page fetches the content and opens it. */
export async function openLink(event) {
  if (!currentKey()) return;
  event.preventDefault();
  const { href } = event.currentTarget;
  const url = URL.createObjectURL(await (await call(href)).blob());
  open(url, "_blank");
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Runs tasks in order of arrival, at most this many at a time. */
export class Lanes {
  #free;
  #waiting = [];

  constructor(count) {
    this.#free = count;
  }

  async run(task) {
    if (this.#free > 0) this.#free--;
    else await new Promise(resolve => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

async function send(path, options, signal) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ConnectionLost(error.message);
  }
}

async function jsonOf(response) {
  try {
    return await response.json();
  } catch {
    return null;
  }
}
