// Creates elements, and formats the `code` in descriptions.

/** An element with these properties and children; what is null or false is left out. */
export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.flat().filter(child => child !== null && child !== false && child !== undefined));
  return element;
}

/** A description, with the text between backticks as code. */
export const prose = (text = "") => text.split("`").map((part, i) => i % 2 ? make("code", { textContent: part }) : part);
