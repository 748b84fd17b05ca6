// Waiting: for a while, longer after each failure, or for one of a few lanes.

/** Resolves after so many milliseconds; rejects when the signal is aborted. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", stopped);
    function done() {
      signal?.removeEventListener("abort", stopped);
      resolve();
    }
    function stopped() {
      clearTimeout(timer);
      reject(signal.reason);
    }
  });
}

/** How long to wait after the nth failure in a row: 1, 2, 4, 8, then 15 seconds, spread so that not everybody comes at once. */
export const backOff = failures => Math.min(1000 * 2 ** (failures - 1), 15_000) * (0.75 + Math.random() / 2);

/** Runs tasks, so many at a time, in the order of their arrival. */
export class Lanes {
  #free;
  #waiting = [];

  constructor(count) {
    this.#free = count;
  }

  async run(task) {
    if (this.#free > 0) this.#free--;
    else await new Promise(resolve => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
