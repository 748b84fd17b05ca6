// The picture of a photo: the file itself, the server's original, or its annotated copy, whichever this browser can show.
import { Lanes, call } from "./api.js";
import { fetched } from "./connection.js";
import { currentKey } from "./session.js";
import { animals } from "./words.js";

/** Above this size in bytes the server's smaller picture is shown, unless isWhole is set. */
const large = 2 << 20;
const drawing = fetched(() => import("./boxes.js"));
const downloads = new Lanes(2);
const seen = new IntersectionObserver(entries => {
  for (const { isIntersecting, target } of entries)
    if (isIntersecting) target.dispatchEvent(new Event("seen"));
}, { rootMargin: "300px" });

export class Picture {
  #frame;
  #photo = document.createElement("div");
  #image = document.createElement("img");
  #isWhole;
  #file = null;
  #prediction = null;
  #boxes = [];
  #shown = null;
  #failed = new Set();
  #url = null;
  #isSeen = false;

  /** Fills the frame; with isWhole it shows the original, whatever its size. */
  constructor(frame, { isWhole = false } = {}) {
    this.#frame = frame;
    this.#isWhole = isWhole;
    this.#photo.className = "photo";
    this.#photo.hidden = true;
    this.#image.alt = "";
    this.#photo.append(this.#image);
    frame.prepend(this.#photo);
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

  /** Whether the boxes are part of the picture, so that no others can be drawn over it. */
  get isDrawn() {
    return this.#shown !== null && this.#shown === this.#prediction?.links.annotated;
  }

  /** The boxes are those of the prediction, one per animal, unless others are given. */
  show({ file, prediction }, words, boxes = animals(prediction?.detections ?? [])) {
    this.#file = file;
    this.#prediction = prediction;
    this.#boxes = boxes;
    this.#image.alt = words;
    this.#update();
    this.#arrange();
  }

  dispose() {
    seen.unobserve(this.#frame);
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
    return image.media_type === "image/tiff" || image.bytes > large && !this.#isWhole ? sources.reverse() : sources;
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
    this.#reveal(false);
    this.#update();
  }

  #loaded() {
    this.#reveal(true);
    this.#arrange();
    this.#frame.dispatchEvent(new Event("shown"));
  }

  #reveal(isShown) {
    this.#photo.hidden = !isShown;
    this.#frame.classList.toggle("shown", isShown);
  }

  #arrange() {
    const { naturalWidth: width, naturalHeight: height } = this.#image;
    if (this.#photo.hidden || !width) return;
    this.#photo.style.setProperty("--ratio", width / height);
    const size = this.#prediction?.image;
    // In a browser that ignores the photo's orientation, the boxes would be in the wrong places.
    if (!this.isDrawn && size && this.#prediction.links.annotated && (size.width !== width || size.height !== height)) return this.#fail();
    const boxes = this.isDrawn ? [] : this.#boxes;
    drawing.then(({ drawBoxes }) => drawBoxes(this.#photo, boxes, size, this.#prediction?.model?.threshold));
  }
}

/** A URL for an img element; with a key the picture is fetched, since an img element sends none. */
async function urlOf(source) {
  if (source instanceof File) return URL.createObjectURL(source);
  if (!currentKey()) return source;
  return URL.createObjectURL(await downloads.run(async () => (await call(source)).blob()));
}
