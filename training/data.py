"""Batches: photos drawn from the packed arrays, laid on a square, several to a sample (mosaic), coloured anew."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image

GREY = 114  # of the product's letterbox
MIN_VISIBLE = 0.25  # of a box's area; what shows less is no longer asked for
MIN_SIDE = 3  # pixels


@dataclass
class Augmentation:
    """How far a sample may differ from its photo."""

    mosaic: float = 0.35  # share of samples that are made of four photos
    scale: tuple = (0.55, 1.25)  # longer side of a photo, in sides of the input
    mosaic_scale: tuple = (0.3, 0.8)  # the same for each photo of a mosaic; this is where small dogs come from
    coarse: float = 0  # share of photos that lose detail, so that a source's resolution says nothing of what it shows
    detail: tuple = (0.4, 0.9)  # what they keep of their resolution
    stretch: float = 0.12  # sides change by up to this factor against each other
    brightness: float = 0.25
    contrast: float = 0.3
    saturation: float = 0.5
    hue: float = 0.05  # of a turn
    grey: float = 0.03  # share of samples without colour
    dogs: float = 0.5  # share of drawn photos with a dog
    kinds: dict = field(default_factory=dict)  # weight of a kind among the photos without a dog, 1 if not named


class Packed:
    """A part written by prepare.py."""

    def __init__(self, path):
        path = Path(path)
        index = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        self.photos, self.data_hash = index["photos"], index["data_hash"]
        self.bytes = np.memmap(path.with_suffix(".u8"), np.uint8, "r")
        for photo in self.photos:
            photo["boxes"] = np.array(photo["boxes"], np.float32).reshape(-1, 5)

    def __len__(self):
        return len(self.photos)

    def pixels(self, photo):
        """RGB [height, width, 3] uint8, read from the file when touched."""
        h, w, at = photo["height"], photo["width"], photo["offset"]
        return self.bytes[at:at + h * w * 3].reshape(h, w, 3)


class Sampler:
    """Draws photos: a set share with a dog, the rest by weight of their kind, each as often as its fellows."""

    def __init__(self, photos, augmentation, rng):
        self.rng, self.share = rng, augmentation.dogs
        self.dogs = [i for i, p in enumerate(photos) if p["dog"]]
        self.others = [i for i, p in enumerate(photos) if not p["dog"]]
        weights = np.array([augmentation.kinds.get(photos[i]["kind"], 1.0) for i in self.others])
        self.upto = np.cumsum(weights)

    def draw(self):
        if not self.others or (self.dogs and self.rng.random() < self.share):
            return self.dogs[self.rng.integers(len(self.dogs))]
        return self.others[np.searchsorted(self.upto, self.rng.random() * self.upto[-1], side="right")]


def lay(canvas, photo, boxes, place, window, flip, smooth, detail=1.0):
    """Lays a photo on the canvas [S, S, 3] and returns its boxes there, [M, 5] (class, corners in pixels).

    place: x, y, width and height of the whole photo in canvas pixels, which may reach beyond `window` (x1, y1, x2, y2), the
    part of the canvas it may cover. Only the part that shows is resampled. `smooth` averages where it shrinks, as image
    libraries do; without it pixels are picked bilinearly, as the product's letterbox does: a model should take both. With
    `detail` below 1 it takes the way over a picture that is so many times smaller.
    """
    x, y, w, h = place
    x1, y1 = max(window[0], round(x)), max(window[1], round(y))
    x2, y2 = min(window[2], round(x + w)), min(window[3], round(y + h))
    if x2 <= x1 or y2 <= y1:
        return boxes[:0]
    height, width = photo.shape[:2]
    fx, fy = width / w, height / h
    corners = [max(0.0, (x1 - x) * fx), max(0.0, (y1 - y) * fy), min(width, (x2 - x) * fx), min(height, (y2 - y) * fy)]
    if flip:
        corners[0], corners[2] = width - corners[2], width - corners[0]
    source, size = Image.fromarray(photo), (x2 - x1, y2 - y1)
    if detail < 1:
        cut = source.resize([max(1, round(s * detail)) for s in size], Image.BILINEAR, box=corners).resize(size, Image.BILINEAR)
    elif smooth:
        cut = source.resize(size, Image.BILINEAR, box=corners)
    else:
        cut = source.transform(size, Image.EXTENT, corners, Image.BILINEAR)
    cut = np.asarray(cut)
    canvas[y1:y2, x1:x2] = cut[:, ::-1] if flip else cut

    if not len(boxes):
        return boxes
    out = boxes.copy()
    if flip:
        out[:, 1], out[:, 3] = width - boxes[:, 3], width - boxes[:, 1]
    out[:, 1:] = out[:, 1:] / (fx, fy, fx, fy) + (x, y, x, y)
    whole = (out[:, 3] - out[:, 1]) * (out[:, 4] - out[:, 2])
    out[:, 1:] = np.clip(out[:, 1:], (x1, y1, x1, y1), (x2, y2, x2, y2))
    sides = out[:, 3:] - out[:, 1:3]
    return out[(sides.min(1) >= MIN_SIDE) & (sides.prod(1) >= MIN_VISIBLE * whole)]


class Batches:
    """An endless source of batches; each worker process of a DataLoader goes on with a random stream of its own."""

    def __init__(self, packed, augmentation, batch, seed):
        self.packed, self.augmentation, self.batch, self.side = packed, augmentation, batch, 256
        self.rng = np.random.default_rng(seed)
        self.sampler = Sampler(packed.photos, augmentation, self.rng)

    def _place(self, photo, scale, corner=None):
        """Size by chance; where: anywhere that shows all of it or fills the canvas, or with one corner at a mosaic's middle."""
        side, spread = self.side, self.augmentation.stretch
        longer = side * self.rng.uniform(*scale)
        stretch = np.exp(self.rng.uniform(-spread, spread) / 2)
        w = longer * photo["width"] / max(photo["width"], photo["height"]) * stretch
        h = longer * photo["height"] / max(photo["width"], photo["height"]) / stretch
        if corner is None:
            return self.rng.uniform(*sorted((0, side - w))), self.rng.uniform(*sorted((0, side - h))), w, h
        x, y, left, upper = corner
        return x - w if left else x, y - h if upper else y, w, h

    def _lay(self, canvas, number, scale, corner, window):
        photo = self.packed.photos[number]
        place = self._place(photo, scale, corner)
        flip, smooth = self.rng.random(2) < 0.5
        detail = self.rng.uniform(*self.augmentation.detail) if self.rng.random() < self.augmentation.coarse else 1.0
        return lay(canvas, self.packed.pixels(photo), photo["boxes"], place, window, flip, smooth, detail)

    def _known(self):
        """A photo for a mosaic: one whose dog may be cut off must have a box, or the rest would be called dogless."""
        while True:
            number = self.sampler.draw()
            if not self.packed.photos[number]["unknown"]:
                return number

    def sample(self):
        """Canvas [S, S, 3] uint8, boxes [M, 5], whether no photo in it has a dog, whether its boxes are known."""
        side, a = self.side, self.augmentation
        canvas = np.full((side, side, 3), GREY, np.uint8)
        if self.rng.random() >= a.mosaic:
            number = self.sampler.draw()
            photo = self.packed.photos[number]
            # Without a box nobody knows whether a cut would still show the dog: such photos stay whole.
            scale = (a.scale[0], 1.0) if photo["unknown"] else a.scale
            return canvas, self._lay(canvas, number, scale, None, (0, 0, side, side)), not photo["dog"], not photo["unknown"]
        x, y = (round(side * v) for v in self.rng.uniform(0.3, 0.7, 2))
        found, dogless = [], True
        # As in training on single photos half of the samples are to have no dog: a mosaic is of dogs and others, or of others.
        with_dog = self.rng.random() < a.dogs
        for left in (True, False):
            for upper in (True, False):
                number = self._known()
                while not with_dog and self.packed.photos[number]["dog"] and self.sampler.others:
                    number = self._known()
                window = (0 if left else x, 0 if upper else y, x if left else side, y if upper else side)
                found.append(self._lay(canvas, number, a.mosaic_scale, (x, y, left, upper), window))
                dogless &= not self.packed.photos[number]["dog"]
        return canvas, np.concatenate(found), dogless, True

    def __next__(self):
        """images [N, 3, S, S] uint8; targets [M, 6]: sample, class, centre and size in pixels; dogless, known [N]."""
        samples = [self.sample() for _ in range(self.batch)]
        images = np.stack([np.asarray(Image.fromarray(s[0]).convert("RGB", self._colour())) for s in samples])
        return {
            "images": torch.from_numpy(images).permute(0, 3, 1, 2), "targets": targets([s[1] for s in samples]),
            "dogless": torch.tensor([bool(s[2]) for s in samples]),
            "known": torch.tensor([float(s[3]) for s in samples]),
        }

    def _colour(self):
        """A change of colours as one matrix [3, 4] on (R, G, B, 1), row by row, for Pillow.

        It is hue, saturation, contrast and brightness at once. Hue is a turn in the plane of chroma of YIQ, saturation a stretch of it.
        """
        a, rng = self.augmentation, self.rng
        turn = 2 * np.pi * rng.uniform(-a.hue, a.hue)
        saturation = 0.0 if rng.random() < a.grey else 1 + rng.uniform(-a.saturation, a.saturation)
        contrast, brightness = 1 + rng.uniform(-a.contrast, a.contrast), rng.uniform(-a.brightness, a.brightness)
        c, s = saturation * np.cos(turn), saturation * np.sin(turn)
        mixed = YIQ_TO_RGB @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ RGB_TO_YIQ * contrast
        shift = np.full((3, 1), 127.5 * (1 - contrast + brightness))
        return tuple(np.concatenate((mixed, shift), 1).ravel())


RGB_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
YIQ_TO_RGB = np.linalg.inv(RGB_TO_YIQ)


def targets(found):
    """Boxes of each sample → [M, 6]: sample, class, centre x, centre y, width, height in pixels."""
    rows = [np.concatenate((np.full((len(b), 1), i, np.float32), b), 1) for i, b in enumerate(found)]
    rows = torch.from_numpy(np.concatenate(rows).astype(np.float32))
    low, high = rows[:, 2:4], rows[:, 4:6]
    return torch.cat((rows[:, :2], (low + high) / 2, high - low), 1)


def letterboxed(packed, numbers, side):
    """Photos as the product sees them, but squared: scaled to fit, centred on grey. [N, 3, S, S] uint8."""
    canvas = np.full((len(numbers), side, side, 3), GREY, np.uint8)
    for target, number in zip(canvas, numbers):
        photo = packed.photos[number]
        scale = side / max(photo["width"], photo["height"])
        w, h = round(photo["width"] * scale), round(photo["height"] * scale)
        place = ((side - w) // 2, (side - h) // 2, w, h)
        lay(target, packed.pixels(photo), photo["boxes"][:0], place, (0, 0, side, side), False, False)
    return torch.from_numpy(canvas).permute(0, 3, 1, 2)


class Stream(torch.utils.data.IterableDataset):
    """Batches for a DataLoader: worker processes draw from random streams of their own."""

    def __init__(self, packed, augmentation, batch, side, seed):
        self.packed, self.augmentation, self.batch, self.side, self.seed = packed, augmentation, batch, side, seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        batches = Batches(self.packed, self.augmentation, self.batch, (*self.seed, worker.id if worker else 0))
        batches.side = self.side
        while True:
            yield next(batches)


def stream(packed, augmentation, batch, side, seed, workers):
    """An endless iterator over batches of one size; `workers` processes prepare them, 0 for none."""
    source = Stream(packed, augmentation, batch, side, seed)
    return iter(torch.utils.data.DataLoader(source, batch_size=None, num_workers=workers, pin_memory=torch.cuda.is_available()))
