// The caller's scopes and what the server accepts; asks for a key if the server requires one.
import { lost, pause } from "./connection.js";

const slot = "key";
const form = document.querySelector("#key");
const input = form.querySelector("input");
let needed = [];
let asking = null;

export const currentKey = () => sessionStorage.getItem(slot);

export const authorization = (key = currentKey()) => key ? { Authorization: `Bearer ${key}` } : {};

/** The session, once the caller has these scopes; asks for a key until it has. */
export async function start(...scopes) {
  needed = scopes;
  const session = await read(currentKey());
  const objection = currentKey() ? complaint(session) : "";
  return complaint(session) ? ask(objection) : session;
}

/** Asks for another key after a 401 to a request with this one; only once, however many requests were refused. */
export async function anotherKey(refused) {
  if (refused === currentKey()) await ask(refused ? "This key is no longer accepted" : "");
}

function ask(objection) {
  return asking ??= prompt(objection).finally(() => asking = null);
}

async function prompt(objection) {
  document.documentElement.classList.add("locked");
  document.querySelectorAll("dialog[open]").forEach(dialog => dialog.close()); // while one is open, the form cannot be used
  form.hidden = false;
  input.value = "";
  for (;;) {
    form.querySelector("#key-error").textContent = objection;
    input.focus();
    input.select();
    await new Promise(resolve => form.addEventListener("submit", event => {
      event.preventDefault();
      resolve();
    }, { once: true }));
    form.querySelector("#key-error").textContent = "";
    const key = input.value.trim();
    const session = await read(key);
    objection = complaint(session);
    if (objection) continue;
    sessionStorage.setItem(slot, key);
    form.hidden = true;
    document.documentElement.classList.remove("locked");
    return session;
  }
}

async function read(key) {
  for (;;) {
    try {
      // Text that a header cannot contain is not a valid key.
      const headers = /^[\x21-\x7e]+$/.test(key ?? "") ? authorization(key) : {};
      const response = await fetch("/session", { headers, cache: "no-store" });
      if (response.ok) return await response.json();
      await pause(2000);
    } catch {
      await lost();
    }
  }
}

function complaint({ authentication, scopes }) {
  if (authentication !== "key") return "";
  if (scopes.length === 0) return "This key is not known";
  const lacking = needed.find(scope => !scopes.includes(scope));
  return lacking ? `This key lacks the scope ${lacking}` : "";
}
