// The photos in dropped folders, and in the folders inside them.

/**
 * The photos among these entries and in their folders; hidden ones, whose names begin with a dot, are skipped. What cannot be read,
 * because it is gone or somebody else's, is skipped and reported to miss(path).
 */
export async function photosOf(entries, miss) {
  let files = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    try {
      if (entry.isDirectory) files = files.concat(await photosOf(await contents(entry.createReader()), miss));
      else files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    } catch {
      miss(entry.fullPath);
    }
  }
  return files.filter(file => /^image\//.test(file.type));
}

/** A reader returns a hundred at a time. */
async function contents(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    all.push(...some);
  }
}
