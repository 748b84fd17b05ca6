// The page at /: drop photos, see the answers.
import { receive } from "./drop.js";
import { restore, send } from "./gallery.js";
import { start } from "./session.js";
import { megabytes } from "./words.js";

const session = start("read", "write");

receive(files => send(files, session.then(({ max_bytes: mostBytes }) => mostBytes)));

const { formats, max_bytes: mostBytes } = await session;
const names = new Intl.ListFormat("en-GB", { type: "disjunction" }).format(formats);
document.querySelector("#limits").textContent = `${names}, up to ${megabytes(mostBytes)} each`;
restore();
