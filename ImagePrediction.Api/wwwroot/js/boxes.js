// What was found, drawn over the picture as boxes with words.

/** Replaces the boxes over the picture; none for a prediction without an answer. */
export function drawBoxes(photo, prediction) {
  photo.querySelectorAll(".box").forEach(box => box.remove());
  for (const found of prediction?.detections ?? []) photo.append(boxFor(found, prediction.image));
}

function boxFor({ box, label, confidence }, { width, height }) {
  const [left, top] = [part(box.x, width), part(box.y, height)];
  const [right, bottom] = [part(box.x + box.width, width), part(box.y + box.height, height)];
  const element = document.createElement("div");
  element.className = "box";
  // The words stand above the box, towards the middle of the picture, and inside where there is no room.
  element.classList.toggle("inside", top < 12);
  element.classList.toggle("end", left + right > 110);
  Object.assign(element.style, { left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` });
  const words = document.createElement("span");
  words.textContent = `${label} ${confidence.toFixed(2)}`;
  element.append(words);
  return element;
}

const part = (value, whole) => Math.min(Math.max(100 * value / whole, 0), 100);
