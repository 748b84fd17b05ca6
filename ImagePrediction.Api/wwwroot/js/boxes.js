// Draws the detections over the picture: boxes, and labels that do not overlap.
import { percent } from "./words.js";

const margin = 2;
const resized = new ResizeObserver(entries => entries.forEach(({ target }) => placeLabels(target)));

/** Replaces the boxes over the picture. Those below the threshold are drawn as such. */
export function drawBoxes(photo, boxes, { width, height } = {}, threshold = 0) {
  photo.querySelectorAll(".box, .label").forEach(element => element.remove());
  resized.unobserve(photo);
  if (boxes.length === 0) return;
  for (const found of boxes) {
    const isWeak = found.confidence < threshold;
    photo.append(boxFor(found.box, width, height, isWeak), labelFor(found, isWeak));
  }
  resized.observe(photo); // which also places the labels at once
}

function boxFor(box, width, height, isWeak) {
  const [left, top] = [part(box.x, width), part(box.y, height)];
  const [right, bottom] = [part(box.x + box.width, width), part(box.y + box.height, height)];
  const element = document.createElement("div");
  element.className = isWeak ? "box weak" : "box";
  Object.assign(element.style, { left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` });
  return element;
}

function labelFor({ label, confidence }, isWeak) {
  const element = document.createElement("span");
  element.className = isWeak ? "label weak" : "label";
  element.textContent = `${label} ${percent(confidence)}`;
  return element;
}

/** Each label goes to the first free place near its box; one that finds none in the whole picture is not shown. */
function placeLabels(photo) {
  const [width, height] = [photo.clientWidth, photo.clientHeight];
  const labels = [...photo.querySelectorAll(".label")];
  // All sizes are read before the first position is written, so that the browser does layout only once.
  const sizes = labels.map(({ offsetWidth, offsetHeight, previousElementSibling: box }) => ({
    width: offsetWidth, height: offsetHeight,
    box: { left: box.offsetLeft, top: box.offsetTop, right: box.offsetLeft + box.offsetWidth, bottom: box.offsetTop + box.offsetHeight },
  }));
  if (sizes.every(size => size.width === 0)) return; // small pictures have no labels
  const taken = [];
  labels.forEach((label, i) => {
    const place = places(sizes[i], width, height).find(({ x, y }) =>
      x >= 0 && y >= 0 && x + sizes[i].width <= width && y + sizes[i].height <= height && !taken.some(other => touch(other, { x, y, ...sizes[i] })));
    label.classList.toggle("homeless", !place);
    if (!place) return;
    taken.push({ ...place, width: sizes[i].width, height: sizes[i].height });
    Object.assign(label.style, { left: `${place.x}px`, top: `${place.y}px` });
  });
}

/** Above the box, inside, below it; then along its height; then anywhere. */
function* places({ width, height, box }, photoWidth, photoHeight) {
  const sides = [box.left, box.right - width];
  for (const y of [box.top - height - margin, box.top + 2 * margin, box.bottom - height - 2 * margin, box.bottom + margin])
    for (const x of sides) yield { x, y };
  const step = height + margin;
  for (let y = box.top + step; y + height < box.bottom; y += step)
    for (const x of sides) yield { x, y };
  for (let y = 0; y < photoHeight; y += step)
    for (let x = 0; x < photoWidth; x += width / 2 + margin) yield { x, y };
}

const touch = (a, b) => a.x < b.x + b.width + margin && b.x < a.x + a.width + margin
  && a.y < b.y + b.height + margin && b.y < a.y + a.height + margin;

const part = (value, whole) => Math.min(Math.max(100 * value / whole, 0), 100);
