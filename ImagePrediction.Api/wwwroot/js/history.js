// What this browser has sent: one localStorage entry per photo, so that two tabs never overwrite each other's.

const prefix = "prediction:";

/** Maximum number of entries. */
export const most = 500;

/** The entries { id, name, at, hiddenAt }, newest first; hiddenAt is when it was deleted, if that can still be undone. */
export function all() {
  try {
    return Object.keys(localStorage).filter(key => key.startsWith(prefix))
      .map(key => parse(key, localStorage.getItem(key))).filter(Boolean).sort((a, b) => b.at - a.at);
  } catch {
    return []; // storage is not available
  }
}

/** Stores an entry. Beyond the maximum the oldest is removed, which the event "dropped" reports. */
export function add({ id, name, at, hiddenAt }) {
  try {
    const isNew = localStorage.getItem(prefix + id) === null;
    localStorage.setItem(prefix + id, JSON.stringify({ name, at, hiddenAt }));
    if (!isNew || countEntries() <= most) return;
  } catch {
    return; // storage is full or disabled: the page works without it
  }
  const old = all().slice(most);
  for (const entry of old) remove(entry.id);
  dispatchEvent(new CustomEvent("dropped", { detail: old.length }));
}

export function remove(id) {
  try {
    localStorage.removeItem(prefix + id);
  } catch {
    // storage is not available
  }
}

/** Reports what other tabs add and remove; what they hide counts as removed until it is added again. */
export function watch({ added, removed, cleared }) {
  addEventListener("storage", ({ key, newValue, storageArea }) => {
    if (storageArea !== localStorage) return;
    if (key === null) return cleared();
    if (!key.startsWith(prefix)) return;
    const entry = newValue === null ? null : parse(key, newValue);
    if (entry && !entry.hiddenAt) added(entry);
    else removed(key.slice(prefix.length));
  });
}

const countEntries = () => Object.keys(localStorage).filter(key => key.startsWith(prefix)).length;

function parse(key, text) {
  try {
    const { name, at, hiddenAt } = JSON.parse(text);
    return { id: key.slice(prefix.length), name: String(name), at: Number(at) || 0, hiddenAt: Number(hiddenAt) || null };
  } catch {
    return null;
  }
}
