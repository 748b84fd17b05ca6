// What this browser has sent: one entry of localStorage a photo, so that two tabs never overwrite each other's.

const prefix = "prediction:";
const most = 100;

/** The entries { id, name, at }, newest first. */
export function all() {
  try {
    return Object.keys(localStorage).filter(key => key.startsWith(prefix))
      .map(key => parse(key, localStorage.getItem(key))).filter(Boolean).sort((a, b) => b.at - a.at);
  } catch {
    return []; // a browser that stores nothing
  }
}

export function add({ id, name, at }) {
  try {
    localStorage.setItem(prefix + id, JSON.stringify({ name, at }));
  } catch {
    return; // full, or switched off: the page works without
  }
  for (const { id: old } of all().slice(most)) remove(old);
}

export function remove(id) {
  try {
    localStorage.removeItem(prefix + id);
  } catch {
    // a browser that stores nothing
  }
}

/** Tells of what other tabs add and remove. */
export function watch({ added, removed, cleared }) {
  addEventListener("storage", ({ key, newValue, storageArea }) => {
    if (storageArea !== localStorage) return;
    if (key === null) return cleared();
    if (!key.startsWith(prefix)) return;
    const entry = newValue === null ? null : parse(key, newValue);
    if (entry) added(entry);
    else removed(key.slice(prefix.length));
  });
}

function parse(key, text) {
  try {
    const { name, at } = JSON.parse(text);
    return { id: key.slice(prefix.length), name: String(name), at: Number(at) || 0 };
  } catch {
    return null;
  }
}
