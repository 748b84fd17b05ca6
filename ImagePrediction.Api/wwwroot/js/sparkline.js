// A small line over time, drawn as inline SVG.

const svg = "http://www.w3.org/2000/svg";
const [width, height, margin] = [240, 56, 3];

/**
 * Draws one or two series of { at, value } into the element, over the same time and from zero to the highest value.
 * A value of null is a gap. The label says the same in words.
 */
export function sparkline(element, series, label) {
  const points = series.flat();
  const [from, to] = [Math.min(...points.map(point => point.at)), Math.max(...points.map(point => point.at))];
  const highest = Math.max(...points.map(point => point.value ?? 0)) || 1;
  const x = at => to > from ? margin + (at - from) / (to - from) * (width - 2 * margin) : width - margin;
  const y = value => height - margin - value / highest * (height - 2 * margin);

  const image = create("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  series.forEach((line, i) => {
    for (const piece of pieces(line)) {
      const path = piece.map(point => `${x(point.at).toFixed(1)},${y(point.value).toFixed(1)}`).join(" L");
      if (i === 0) image.append(create("path", { class: "area", d: `M${x(piece[0].at).toFixed(1)},${height} L${path} L${x(piece.at(-1).at).toFixed(1)},${height} Z` }));
      image.append(create("path", { class: i === 0 ? "line" : "line second", d: `M${path}${piece.length === 1 ? " h0.1" : ""}` }));
    }
  });
  element.replaceChildren(image);
}

/** The runs between gaps. */
function pieces(line) {
  const runs = [[]];
  for (const point of line) {
    if (point.value === null || point.value === undefined) runs.push([]);
    else runs.at(-1).push(point);
  }
  return runs.filter(run => run.length > 0);
}

function create(name, attributes) {
  const element = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
