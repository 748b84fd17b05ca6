// Which photos are shown, in which order and how large.

const section = document.querySelector("#photos");
const cards = document.querySelector("#cards");
const lines = document.querySelector("#lines");
const tools = document.querySelector("#tools");
const filters = [...document.querySelectorAll("#filters button")];
const sorting = document.querySelector("#sort");
const small = document.querySelector("#small");
const summary = document.querySelector("#summary");

/** From this many photos on the pictures are small, unless the user has chosen. */
const many = 25;

/** All photos of this page with their cards. */
export const shelf = new Map();

const stages = {
  dog: ["yes"],
  none: ["no"],
  failed: ["failed", "refused"],
  open: ["uploading", "queued", "processing"],
};
const orders = {
  newest: (a, b) => b.at - a.at,
  name: (a, b) => a.name.localeCompare(b.name, "en", { numeric: true }),
  surest: (a, b) => score(b) - score(a),
  least: (a, b) => score(a) - score(b),
};
let chosen = "all";
let isSmall = null;
let timer = null;

/** Arranges after changes; many changes at once cause a single arrangement. */
export function arrangeSoon() {
  timer ??= setTimeout(arrange, 100);
}

/** All photos in their current order. */
export const everything = () => [...shelf.keys()].filter(photo => !photo.isHidden).sort(orders[sorting.value]);

/** Those with a picture that the filter lets through. */
export const pictured = () => everything().filter(photo => !isLine(photo) && belongs(photo, chosen));

/** Fires the event "arranged". */
export function arrange() {
  clearTimeout(timer);
  timer = null;
  const photos = everything();
  if (chosen !== "all" && !photos.some(photo => belongs(photo, chosen))) chosen = "all";
  section.hidden = photos.length === 0;
  document.documentElement.classList.toggle("in-use", !section.hidden);
  tools.hidden = photos.length < 2;
  showCounts(photos);
  cards.classList.toggle("small", isSmall ?? photos.length >= many);
  small.ariaPressed = String(cards.classList.contains("small"));
  place(lines, photos.filter(isLine));
  place(cards, photos.filter(photo => !isLine(photo)));
  for (const [photo, { element }] of shelf)
    // What has the focus stays until the focus moves on.
    element.hidden = photo.isHidden || !belongs(photo, chosen) && !element.contains(document.activeElement);
  lines.hidden = [...lines.children].every(element => element.hidden);
  dispatchEvent(new Event("arranged"));
}

/** A photo that never became a prediction has no picture to show: one line says why. */
const isLine = ({ stage }) => stage === "refused" || stage === "gone";

const belongs = ({ stage }, group) => group === "all" || stages[group].includes(stage);

const score = ({ prediction }) => prediction?.confidence ?? -1;

/** Puts the cards there in this order, moving as few as possible. */
function place(list, photos) {
  let at = list.firstElementChild;
  for (const photo of photos) {
    const { element } = shelf.get(photo);
    if (element === at) at = at.nextElementSibling;
    else move(list, element, at);
  }
}

function move(list, element, before) {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  list.insertBefore(element, before);
  focused?.focus({ preventScroll: true });
}

function showCounts(photos) {
  const counts = Object.fromEntries(Object.keys(stages).map(group => [group, photos.filter(photo => belongs(photo, group)).length]));
  counts.all = photos.length;
  for (const button of filters) {
    const { group } = button.dataset;
    button.querySelector("b").textContent = counts[group];
    button.hidden = counts[group] === 0;
    button.ariaPressed = String(group === chosen);
  }
  // With many photos none is read aloud itself, but this summary is, once all are done.
  section.classList.toggle("many", photos.length > 10);
  const words = counts.open > 0 || photos.length <= 10 ? "" : `Done: ${counts.dog} with a dog, ${counts.none} without, ${counts.failed} failed`;
  if (summary.textContent !== words) summary.textContent = words;
}

for (const button of filters)
  button.addEventListener("click", () => {
    chosen = button.dataset.group;
    arrange();
  });
sorting.addEventListener("change", arrange);
small.addEventListener("click", () => {
  isSmall = !cards.classList.contains("small");
  arrange();
});
