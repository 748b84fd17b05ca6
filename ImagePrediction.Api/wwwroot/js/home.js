// The page at /: drop photos, see the answers. What takes photos comes first, so that a slow connection keeps nobody waiting.
import { fetched } from "./connection.js";
import { receive } from "./drop.js";
import { start } from "./session.js";
import { megabytes } from "./words.js";

const session = start("read", "write");
const gallery = fetched(() => import("./gallery.js"));

const send = async files => (await gallery).send(files, session.then(({ max_bytes: mostBytes }) => mostBytes));
receive(send);

const { formats, max_bytes: mostBytes } = await session;
const names = new Intl.ListFormat("en-GB", { type: "disjunction" }).format(formats);
document.querySelector("#limits").textContent = `${names}, up to ${megabytes(mostBytes)} each`;
(await gallery).restore();
(await fetched(() => import("./samples.js"))).offer(send);
await fetched(() => import("./lightbox.js")); // at hand before it is asked for
