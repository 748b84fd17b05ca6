// A line graph of the last ten minutes with its scale, drawn as inline SVG.

/** How far back every graph goes. */
export const past = 10 * 60_000;

const svg = "http://www.w3.org/2000/svg";
const [width, height, margin] = [240, 56, 3];

/**
 * Draws one or two series of { at, value } into the element, from ten minutes ago until now and from zero to a round number
 * above the highest value, which is shown beside it. A value of null is a gap. The label says the same in words.
 */
export function graph(element, series, now, format, label) {
  const lines = series.map(line => line.filter(point => now - point.at < past));
  const top = ceiling(Math.max(...lines.flat().map(point => point.value ?? 0)));
  const x = at => margin + (1 - Math.max(0, now - at) / past) * (width - 2 * margin);
  const y = value => height - margin - value / top * (height - 2 * margin);

  const image = create("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": `${label}; the scale ends at ${format(top)}` });
  lines.forEach((line, i) => {
    for (const piece of pieces(line)) {
      const path = piece.map(point => `${x(point.at).toFixed(1)},${y(point.value).toFixed(1)}`).join(" L");
      if (i === 0) image.append(create("path", { class: "area", d: `M${x(piece[0].at).toFixed(1)},${height} L${path} L${x(piece.at(-1).at).toFixed(1)},${height} Z` }));
      image.append(create("path", { class: i === 0 ? "line" : "line second", d: `M${path}${piece.length === 1 ? " h0.1" : ""}` }));
    }
  });
  element.replaceChildren(image, scale("values", format(top), "0"), scale("times", "10 min ago", "now"));
}

/** The next round number: 1, 2, 5, 10, … up to ten thousand (ten seconds), above that what is round in seconds and minutes, too. */
function ceiling(value) {
  const decade = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  const above = [1, 2, 5, 10].map(step => step * decade).find(round => round >= value);
  return above <= 10_000 ? above : [20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400].map(s => 1000 * s).find(round => round >= value) ?? above;
}

/** The two ends of an axis. */
function scale(className, ...ends) {
  const element = document.createElement("div");
  element.className = `scale ${className}`;
  element.ariaHidden = "true"; // the picture's label says it
  element.append(...ends.map(end => Object.assign(document.createElement("span"), { textContent: end })));
  return element;
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
