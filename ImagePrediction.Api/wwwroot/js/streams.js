// Limits the open event streams. A browser opens six connections to a host, for all its tabs together:
// two for streams leave room for uploads and pictures. Where tabs cannot share a count, each may have one.
const names = ["events-1", "events-2"];
let open = 0;
let blockedUntil = 0;

/** A function that releases the place, or null if none is free. */
export async function takePlace() {
  if (Date.now() < blockedUntil) return null;
  if (!navigator.locks) return open > 0 ? null : (open++, () => open--);
  for (const name of names) {
    const release = await tryLock(name);
    if (release) return release;
  }
  return null;
}

/** The server has too many streams: opens none for this many seconds, at least ten. */
export function block(seconds) {
  blockedUntil = Date.now() + 1000 * Math.max(seconds, 10);
}

function tryLock(name) {
  return new Promise((resolve, reject) => {
    navigator.locks.request(name, { ifAvailable: true }, lock => {
      if (!lock) return resolve(null);
      return new Promise(release => resolve(release));
    }).catch(reject);
  });
}
