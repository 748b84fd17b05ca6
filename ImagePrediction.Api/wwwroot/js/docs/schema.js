// Schemas of the OpenAPI document in words.

let components = {};

export const use = description => components = description.components.schemas;

/** The schema itself if this one is only a reference to it. */
export const resolve = (schema = {}) => schema.$ref ? components[schema.$ref.split("/").at(-1)] : schema;

/** Its type in words: "string (uuid) or null". */
export function typeOf(schema) {
  const { type, format, enum: values, items, nullable } = resolve(schema);
  const name = values ? values.filter(value => value !== null).join(" | ")
    : type === "array" ? `array of ${typeOf(items)}`
    : format === "binary" ? "file"
    : format && type === "string" ? `string (${format})` : type ?? "any";
  return nullable ? `${name} or null` : name;
}

/** Its members and, recursively, theirs, as { name: "detections[].label", type, description }. */
export function members(schema, path = "") {
  const { type, properties = {}, items } = resolve(schema);
  if (type === "array") return members(items, `${path}[]`);
  return Object.entries(properties).flatMap(([key, member]) => {
    const name = path ? `${path}.${key}` : key;
    return [{ name, type: typeOf(member), description: member.description ?? resolve(member).description }, ...members(member, name)];
  });
}
