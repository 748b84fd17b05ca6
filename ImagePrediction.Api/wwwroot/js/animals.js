// What was found, as animals: a model may draw several boxes over one of them, which makes it one all the same.

/** From these shares on two boxes of one label show one animal: of what they cover together, and of the smaller one. */
const overlap = 0.4;
const containment = 0.7;

/** One box for each animal, the most certain one. */
export function animals(boxes) {
  const kept = [];
  for (const box of [...boxes].sort((a, b) => b.confidence - a.confidence))
    if (!kept.some(other => other.label === box.label && areOne(other.box, box.box))) kept.push(box);
  return kept;
}

export const count = (boxes, label) => boxes.filter(found => found.label === label).length;

function areOne(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return false;
  const shared = width * height;
  const [sizeA, sizeB] = [a.width * a.height, b.width * b.height];
  return shared >= overlap * (sizeA + sizeB - shared) || shared >= containment * Math.min(sizeA, sizeB);
}
