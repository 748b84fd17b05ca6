// Links to what only a key opens: the browser would send none, so that the page fetches it and opens what it got.
import { call } from "./api.js";
import { currentKey } from "./session.js";

export async function openLink(event) {
  if (!currentKey()) return;
  event.preventDefault();
  const { href } = event.currentTarget;
  const url = URL.createObjectURL(await (await call(href)).blob());
  open(url, "_blank");
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
