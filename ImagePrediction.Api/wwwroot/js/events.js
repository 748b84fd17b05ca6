// Server-sent events over fetch: EventSource cannot send an Authorization header.
import { ConnectionLost, call } from "./api.js";

/** Longer than two heartbeats of the server: after that the connection is dead, even if nobody closed it. */
const silence = 40_000;

/** The events of a stream as { event, id, data }, until the server ends it. */
export async function* events(path, { lastEventId, signal }) {
  const watchdog = new AbortController();
  const headers = { Accept: "text/event-stream", ...lastEventId && { "Last-Event-ID": lastEventId } };
  const response = await call(path, { headers, stream: true, signal: AbortSignal.any([signal, watchdog.signal]) });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  try {
    for (;;) {
      const timer = setTimeout(() => watchdog.abort(), silence);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      yield* parser.push(value);
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ConnectionLost(error.message);
  } finally {
    watchdog.abort();
  }
}

/** Parses text that arrives in pieces, cut anywhere, into events. */
export class EventParser {
  #rest = "";
  #fields = {};

  push(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?=[^\n])/);
    this.#rest = lines.pop();
    return lines.flatMap(line => this.#line(line));
  }

  #line(line) {
    if (line === "") {
      const { data, ...event } = this.#fields;
      this.#fields = {};
      return data ? [{ event: "message", ...event, data: data.join("\n") }] : [];
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "data") (this.#fields.data ??= []).push(value);
    else if (field) this.#fields[field] = value; // a line that starts with a colon is a heartbeat
    return [];
  }
}
