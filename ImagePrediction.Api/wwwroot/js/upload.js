// Uploads one photo and reports the progress. Uses XMLHttpRequest, because fetch does not report an upload's progress.
import { ConnectionLost, Problem, parse } from "./api.js";
import { backOff, lost, pause } from "./connection.js";
import { anotherKey, authorization, currentKey } from "./session.js";

const mostBreaks = 5;

/**
 * The prediction, once the server has accepted the file. After a broken connection or with a busy server it retries with the
 * same idempotency key, so that nothing is accepted twice. Other refusals are thrown as Problem.
 */
export async function upload(file, { progress, busy, signal }) {
  const headers = { "Idempotency-Key": uuid() };
  for (let breaks = 0; ;) {
    signal.throwIfAborted();
    const key = currentKey();
    try {
      progress(0);
      return await post(file, { ...headers, ...authorization(key) }, progress, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof ConnectionLost) {
        // If the server answers everything else, it may be the file that cannot be read.
        breaks = await lost() ? 1 : breaks + 1;
        if (breaks > mostBreaks) throw new Problem(0, { detail: "The upload broke off again and again." });
        await pause(backOff(breaks), signal);
      } else if (error.status === 401) {
        await anotherKey(key);
      } else if (error.isBusy) {
        await countDown(error.retryAfter, busy, signal);
      } else {
        throw error;
      }
    }
  }
}

function post(file, headers, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/image_prediction");
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onload = () => {
      const body = tryParse(request.responseText);
      if (request.status < 300 && body) resolve(body);
      else reject(new Problem(request.status, body, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => reject(new ConnectionLost("The upload broke off."));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

async function countDown(seconds, busy, signal) {
  for (let left = seconds; left > 0; left--) {
    busy(left);
    await pause(1000, signal);
  }
  busy(0);
}

function tryParse(text) {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

/** crypto.randomUUID exists in secure contexts only; a page over plain http from another machine is not one. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6] & 0x0f | 0x40;
  bytes[8] = bytes[8] & 0x3f | 0x80;
  return Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
