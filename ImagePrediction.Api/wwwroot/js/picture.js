// The picture of a card: the file itself, what the server stored, or what the server drew, whichever this browser can show.
import { call } from "./api.js";
import { drawBoxes } from "./boxes.js";
import { currentKey } from "./session.js";
import { Lanes } from "./waiting.js";

/** From this size on the server's smaller picture is shown. */
const large = 2 << 20;
const downloads = new Lanes(2);
const seen = new IntersectionObserver(entries => {
  for (const { isIntersecting, target } of entries)
    if (isIntersecting) target.dispatchEvent(new Event("seen"));
}, { rootMargin: "300px" });

export class Picture {
  #photo;
  #image;
  #file = null;
  #prediction = null;
  #shown = null;
  #failed = new Set();
  #url = null;
  #isSeen = false;

  constructor(frame) {
    this.#photo = frame.querySelector(".photo");
    this.#image = frame.querySelector("img");
    this.#image.addEventListener("load", () => this.#loaded());
    this.#image.addEventListener("error", () => this.#fail());
    frame.addEventListener("seen", () => {
      seen.unobserve(frame);
      this.#isSeen = true;
      this.#update();
    });
    seen.observe(frame);
    addEventListener("reconnected", this.#retry);
  }

  showFile(file) {
    this.#file = file;
    this.#update();
  }

  show(prediction, words) {
    this.#prediction = prediction;
    this.#image.alt = words;
    this.#update();
    this.#arrange();
  }

  dispose() {
    removeEventListener("reconnected", this.#retry);
    URL.revokeObjectURL(this.#url);
  }

  #retry = () => {
    this.#failed.clear();
    this.#update();
  };

  /** What may be shown, best first. */
  #sources() {
    if (this.#file) {
      const drawn = this.#prediction?.links.annotated;
      return drawn ? [this.#file, drawn] : [this.#file];
    }
    if (!this.#prediction) return [];
    const { image, links } = this.#prediction;
    const sources = [links.image, links.annotated].filter(Boolean);
    return image.bytes > large || image.media_type === "image/tiff" ? sources.reverse() : sources;
  }

  async #update() {
    const source = this.#isSeen && this.#sources().find(candidate => !this.#failed.has(candidate));
    if (!source || source === this.#shown) return;
    this.#shown = source;
    try {
      const url = await urlOf(source);
      if (source !== this.#shown) return URL.revokeObjectURL(url);
      URL.revokeObjectURL(this.#url);
      this.#url = url;
      this.#image.src = url;
    } catch {
      this.#fail();
    }
  }

  #fail() {
    this.#failed.add(this.#shown);
    this.#shown = null;
    this.#photo.hidden = true;
    this.#update();
  }

  #loaded() {
    this.#photo.hidden = false;
    this.#arrange();
  }

  #arrange() {
    const { naturalWidth: width, naturalHeight: height } = this.#image;
    if (this.#photo.hidden || !width) return;
    this.#photo.style.aspectRatio = `${width} / ${height}`;
    this.#photo.classList.toggle("tall", width / height < 4 / 3);
    const size = this.#prediction?.image;
    const drawn = this.#shown === this.#prediction?.links.annotated;
    // A browser that leaves the photo lying on its side would have the boxes in the wrong places.
    if (!drawn && size && this.#prediction.links.annotated && (size.width !== width || size.height !== height)) return this.#fail();
    drawBoxes(this.#photo, drawn ? null : this.#prediction);
  }
}

/** An address for an img element; with a key the picture is fetched, for an img element sends none. */
async function urlOf(source) {
  if (source instanceof File) return URL.createObjectURL(source);
  if (!currentKey()) return source;
  return URL.createObjectURL(await downloads.run(async () => (await call(source)).blob()));
}
