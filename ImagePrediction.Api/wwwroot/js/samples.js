// Sample photos: see samples/LICENSE.md.
import { fetched } from "./connection.js";

const row = document.querySelector("#samples");
const samples = {
  "dog.jpg": "a dog beside a bicycle",
  "dog-on-a-walk.jpg": "a dog and a person",
  "cat.jpg": "a cat",
  "horses.jpg": "horses",
};

/** Shows them; a chosen one is sent like any other photo. */
export function offer(send) {
  row.append(...Object.entries(samples).map(([name, words]) => {
    const button = document.createElement("button");
    const picture = new Image();
    picture.src = `/samples/small/${name}`;
    picture.alt = `Try ${words}`;
    button.append(picture);
    button.addEventListener("click", async () => send([await fileOf(name)]));
    return button;
  }));
  row.hidden = false;
}

async function fileOf(name) {
  const content = await fetched(async () => (await fetch(`/samples/${name}`)).blob());
  return new File([content], name, { type: content.type });
}
