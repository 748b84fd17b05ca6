// Whether workers take work, and the button that pauses and resumes them.
import { Problem, call } from "./api.js";

const section = document.querySelector("#taking");
const words = document.querySelector("#taking-words");
const button = document.querySelector("#pause");
let isPaused = false;
let isAsking = false;

button.addEventListener("click", async () => {
  if (isAsking) return;
  isAsking = true;
  try {
    const response = await call(`/queue/${isPaused ? "resume" : "pause"}`, { method: "POST" });
    show(await response.json());
  } catch (error) {
    say(error instanceof Problem ? error.message : "The server did not answer. Try again.");
  } finally {
    isAsking = false;
  }
});

export function showTaking(stats) {
  // A response from before the click would show the state before it.
  if (!isAsking) show(stats);
}

function show({ paused_since: since }) {
  isPaused = since !== null;
  section.classList.toggle("paused", isPaused);
  say(isPaused ? `Paused since ${new Date(since).toLocaleString("en-GB")}: photos are accepted and wait` : "Workers take work");
  button.textContent = isPaused ? "Resume" : "Pause";
  button.hidden = false;
}

function say(text) {
  if (words.textContent !== text) words.textContent = text;
}
