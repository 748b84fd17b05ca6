"""Batches: photos drawn from the packed arrays, placed on a square, several per sample (mosaic), changed in colour and detail.

Everything is computed on whole batches, on the training device: on a GPU the photos are in its memory.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from jpeg import compressed

GREY = 114  # of the product's letterbox
MIN_VISIBLE = 0.25  # of a box's area; boxes with less are dropped
MIN_SIDE = 3  # pixels


@dataclass
class Augmentation:
    """How far a sample may differ from its photo: shares of samples or photos, ranges, and `±` around no change."""

    mosaic: float = 0.4  # samples that are made of four photos
    scale: tuple = (0.6, 1.4)  # longer side of a photo, in sides of the input
    mosaic_scale: tuple = (0.35, 1.0)  # the same for each photo of a mosaic; the source of small dogs
    stretch: float = 0.2  # ±, of the logarithm of one side against the other
    # The rest keeps the network from recognising a source by its camera, resolution or compression.
    coarse: float = 0.3
    detail: tuple = (0.35, 0.9)  # share of their resolution that coarse photos keep
    brightness: float = 0.25  # ±, as are the next three
    contrast: float = 0.35
    saturation: float = 0.6
    hue: float = 0.05  # of a turn
    grey: float = 0.08  # without colour
    compressed: float = 0.3
    quality: tuple = (15, 70)  # of the compression
    noisy: float = 0.2
    noise: float = 10.0  # standard deviation at most, of 255
    hidden: float = 0.18  # by each of three rectangles of one colour
    cover: tuple = (0.05, 0.25)  # their sides, in sides of the input
    dogs: float = 0.5  # share of drawn photos with a dog
    several: float = 1.0  # weight of a photo with several dogs, among those with a dog
    kinds: dict = field(default_factory=dict)  # weight of a kind among the photos without a dog, 1 if not named


class Packed:
    """A part written by prepare.py: `photos` from its index, and their pixels [N, P, P, 3] uint8 on `device`.

    A photo is in the upper left corner of its square; pixels beyond its width and height are meaningless.
    """

    def __init__(self, path, device="cpu"):
        path = Path(path)
        index = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        self.photos, self.data_hash, side = index["photos"], index["data_hash"], index["side"]
        # Copy on write: PyTorch requires writable arrays, although nothing is written.
        squares = np.memmap(path.with_suffix(".u8"), np.uint8, "c", shape=(len(self.photos), side, side, 3))
        self.squares = torch.from_numpy(squares).to(device)
        self.sizes = torch.tensor([[p["width"], p["height"]] for p in self.photos], dtype=torch.float32, device=device)
        self.boxes = torch.full((len(self.photos), max(1, max(len(p["boxes"]) for p in self.photos)), 5), -1.0)
        for boxes, photo in zip(self.boxes, self.photos):
            if photo["boxes"]:
                boxes[:len(photo["boxes"])] = torch.tensor(photo["boxes"])
        self.boxes = self.boxes.to(device)

    def __len__(self):
        return len(self.photos)

    def pixels(self, numbers):
        """RGB [L, P, P, 3], 0-255: in half precision on a GPU, exact enough for pixels."""
        return self.squares[numbers].to(torch.float16 if self.squares.is_cuda else torch.float32)


def along(length, start, extent, limits, flip, radius, side, pixels):
    """How one axis of the canvas is resampled from that of L photos: weights [L, side, pixels], and where the photo is
    visible, [L, side] bool.

    length: the photo's pixels; start and extent: its place on the canvas; limits [L, 2]: the part of the canvas it may
    cover; radius: of the triangle filter: 1 interpolates, more averages.
    """
    middle = torch.arange(side, device=length.device) + 0.5
    at = (middle - start[:, None]) / extent[:, None] * length[:, None]
    shows = (at >= 0) & (at <= length[:, None]) & (middle >= limits[:, :1]) & (middle < limits[:, 1:])
    at = torch.where(flip[:, None], length[:, None] - at, at)
    at = at.clamp(min=0.5).minimum(length[:, None] - 0.5)
    pixel = torch.arange(pixels, device=length.device) + 0.5
    weights = (1 - (at[:, :, None] - pixel).abs() / radius[:, None, None]).clamp(min=0) * (pixel < length[:, None])[:, None]
    weights = weights * shows[:, :, None]
    return weights / weights.sum(2, keepdim=True).clamp(min=1e-6), shows


@dataclass
class Places:
    """Where and how L photos are placed. sample [L]: on which canvas; rectangle [L, 4]: x, y, width and height of the whole photo
    there, in pixels; window [L, 4]: x1, y1, x2, y2 of the part it may cover; flip [L]: mirrored; radius [L]: see along()."""

    sample: torch.Tensor
    rectangle: torch.Tensor
    window: torch.Tensor
    flip: torch.Tensor
    radius: torch.Tensor


def lay(packed, numbers, places, count, side):
    """Places photos on `count` grey canvases: [count, 3, side, side], 0-255."""
    pixels, sizes = packed.pixels(numbers), packed.sizes[numbers]
    photos, square = pixels.shape[:2]
    p, window, straight = places.rectangle, places.window, torch.zeros_like(places.flip)
    across, columns = along(sizes[:, 0], p[:, 0], p[:, 2], window[:, 0::2], places.flip, places.radius, side, square)
    down, rows = along(sizes[:, 1], p[:, 1], p[:, 3], window[:, 1::2], straight, places.radius, side, square)
    laid = (down.to(pixels.dtype) @ pixels.view(photos, square, -1)).view(photos, side, square, 3).permute(0, 3, 1, 2)
    laid = (laid.reshape(photos, 3 * side, square) @ across.to(pixels.dtype).transpose(1, 2)).view(photos, 3, side, side)
    laid = torch.where(rows[:, None, :, None] & columns[:, None, None, :], laid, torch.full_like(laid[:1, :1, :1, :1], GREY))
    # Photos that share a sample have separate windows, so their differences from grey can be added.
    canvas = torch.full((count, 3, side, side), float(GREY), device=laid.device)
    return canvas.index_add_(0, places.sample, (laid - GREY).float())


def laid_boxes(packed, numbers, places):
    """The photos' boxes on their canvases: [M, 6] (sample, class, centre x, y, width, height in pixels)."""
    boxes, size, p, window = packed.boxes[numbers], packed.sizes[numbers][:, None], places.rectangle[:, None], places.window[:, None]
    low, high = boxes[..., 1:3] / size, boxes[..., 3:5] / size
    flip = places.flip[:, None, None] & torch.tensor([True, False], device=boxes.device)
    low, high = torch.where(flip, 1 - high, low), torch.where(flip, 1 - low, high)
    low, high = low * p[..., 2:] + p[..., :2], high * p[..., 2:] + p[..., :2]
    whole = (high - low).prod(2)
    edge_low = torch.maximum(window[..., :2], p[..., :2])
    edge_high = torch.minimum(window[..., 2:], p[..., :2] + p[..., 2:])
    low, high = low.maximum(edge_low).minimum(edge_high), high.maximum(edge_low).minimum(edge_high)
    sides = high - low
    keep = (boxes[..., 0] >= 0) & (sides.amin(2) >= MIN_SIDE) & (sides.prod(2) >= MIN_VISIBLE * whole)
    sample = places.sample[:, None].expand(keep.shape).float()
    return torch.cat((sample[..., None], boxes[..., :1], (low + high) / 2, sides), 2)[keep]


class Batches:
    """An endless source of batches for a device; it has its own random number generator."""

    def __init__(self, packed, augmentation, batch, seed):
        self.packed, self.augmentation, self.batch, self.side = packed, augmentation, batch, 256
        self.device = packed.sizes.device
        self.random = torch.Generator(self.device).manual_seed(seed)
        dog = np.array([bool(p["dog"]) for p in packed.photos])
        known = np.array([not p["unknown"] for p in packed.photos])
        weight = np.array([self._weight(p) for p in packed.photos])
        self.any = self._chances(dog, weight)
        # A mosaic may cut a dog off: without its box this cannot be detected, and the sample would still count as a dog.
        self.boxed = self._chances(dog, weight * known)
        self.dogless = self._chances(dog, weight * ~dog)
        self.dog, self.known = (torch.from_numpy(flags).to(self.device) for flags in (dog, known))

    def _weight(self, photo):
        if not photo["dog"]:
            return self.augmentation.kinds.get(photo["kind"], 1.0)
        return self.augmentation.several if sum(box[0] == 0 for box in photo["boxes"]) > 1 else 1.0

    def _chances(self, dog, weight):
        """How often each photo is drawn: those with a dog, together, as often as the augmentation says."""
        chances, share = np.zeros(len(weight)), self.augmentation.dogs
        for group, part in ((dog, share), (~dog, 1 - share)):
            if weight[group].sum():
                chances[group] = part * weight[group] / weight[group].sum()
        return torch.from_numpy(chances).to(self.device) if chances.sum() else None

    def _draw(self, chances, count):
        return torch.multinomial(chances if chances is not None else self.boxed, count, True, generator=self.random)

    def _uniform(self, count, low=0.0, high=1.0):
        return torch.rand(count, device=self.device, generator=self.random) * (high - low) + low

    def _some(self, share, count):
        return self._uniform(count) < share

    def _sized(self, numbers, scale):
        """Random width and height on the canvas: [L, 2]."""
        size, spread = self.packed.sizes[numbers], self.augmentation.stretch
        longer = self.side * self._uniform(len(numbers), *scale)
        stretch = (self._uniform(len(numbers), -spread, spread) / 2).exp()
        size = size / size.amax(1, True) * longer[:, None] * torch.stack((stretch, 1 / stretch), 1)
        # Without a box it is unknown whether a crop would still show the dog, so such photos stay whole.
        return torch.where(self.known[numbers, None], size, size.clamp(max=self.side))

    def _places(self, numbers, sample, corner, size, window):
        """Photos at their places, each randomly mirrored, averaged or sampled, and reduced in detail."""
        a, count = self.augmentation, len(numbers)
        shrunk = (self.packed.sizes[numbers] / size).mean(1)
        # When shrinking, image libraries average and the product's letterbox samples pixels: use both.
        radius = torch.where(self._some(0.5, count), shrunk.clamp(min=1), torch.ones_like(shrunk))
        coarse = shrunk.clamp(min=1) / self._uniform(count, *a.detail)
        radius = torch.where(self._some(a.coarse, count), coarse, radius)
        return Places(sample, torch.cat((corner, size), 1), window, self._some(0.5, count), radius)

    def _single(self, samples):
        """One photo per sample, anywhere that shows all of it or fills the canvas."""
        count, side = len(samples), self.side
        numbers = self._draw(self.any, count)
        size = self._sized(numbers, self.augmentation.scale)
        corner = torch.stack((self._uniform(count), self._uniform(count)), 1) * (side - size)
        window = torch.tensor([0.0, 0, side, side], device=self.device).expand(count, 4)
        return numbers, self._places(numbers, samples, corner, size, window)

    def _mosaic(self, samples):
        """Four photos per sample, each with one corner at the point where they meet."""
        count, side = len(samples), self.side
        # As with single photos, a share of the samples has no dog: a mosaic has dogs and others, or only others.
        mixed = self._some(self.augmentation.dogs, count).repeat(4)
        numbers = torch.where(mixed, self._draw(self.boxed, 4 * count), self._draw(self.dogless, 4 * count))
        meet = (side * torch.stack((self._uniform(count, 0.3, 0.7), self._uniform(count, 0.3, 0.7)), 1)).round().repeat(4, 1)
        before = torch.tensor([[True, True], [True, False], [False, True], [False, False]], device=self.device)
        before = before.repeat_interleave(count, 0)  # left and upper ones
        size = self._sized(numbers, self.augmentation.mosaic_scale)
        low = torch.where(before, torch.zeros_like(meet), meet)
        high = torch.where(before, meet, torch.full_like(meet, side))
        corner = torch.where(before, meet - size, meet)
        return numbers, self._places(numbers, samples.repeat(4), corner, size, torch.cat((low, high), 1))

    @torch.no_grad()
    def __next__(self):
        """images [N, 3, S, S], 0-1; targets [M, 6]: sample, class, centre and size in pixels; dogless, known [N]."""
        count, samples = self.batch, torch.arange(self.batch, device=self.device)
        mosaics = round(count * self.augmentation.mosaic)
        parts = [self._mosaic(samples[:mosaics])] if mosaics else []
        parts += [self._single(samples[mosaics:])] if mosaics < count else []
        numbers = torch.cat([n for n, _ in parts])
        places = Places(*(torch.cat([getattr(p, name) for _, p in parts]) for name in Places.__dataclass_fields__))
        dogs = torch.zeros(count, device=self.device).index_add_(0, places.sample, self.dog[numbers].float())
        unknown = torch.zeros(count, device=self.device).index_add_(0, places.sample, (~self.known[numbers]).float())
        images = self._changed(lay(self.packed, numbers, places, count, self.side))
        return {"images": images.clamp_(0, 255) / 255, "targets": laid_boxes(self.packed, numbers, places),
                "dogless": dogs == 0, "known": (unknown == 0).float()}

    def _changed(self, images):
        """Changes colours, adds noise and compression, and hides parts."""
        a, count = self.augmentation, len(images)
        matrix, shift = self._colours(count)
        images = (matrix @ images.flatten(2) + shift).view_as(images)
        strength = self._some(a.noisy, count) * self._uniform(count, 0, a.noise)
        images = images + strength.view(-1, 1, 1, 1) * torch.randn(images.shape, device=self.device, generator=self.random)
        lossy = self._some(a.compressed, count).nonzero()[:, 0]
        if len(lossy):
            images[lossy] = compressed(images[lossy].clamp(0, 255), self._uniform(len(lossy), *a.quality))
        for _ in range(3):
            images = self._hidden(images, self._some(a.hidden, count))
        return images

    def _hidden(self, images, where):
        """A rectangle of one colour in some samples."""
        count, axis = len(images), torch.arange(self.side, device=self.device)
        covered = []
        for _ in range(2):
            extent, middle = self._uniform(count, *self.augmentation.cover) * self.side, self._uniform(count) * self.side
            covered.append((axis - middle[:, None]).abs() < extent[:, None] / 2)
        covered = covered[0][:, None, :, None] & covered[1][:, None, None, :] & where[:, None, None, None]
        colour = torch.rand((count, 3, 1, 1), device=self.device, generator=self.random) * 255
        return torch.where(covered, colour, images)

    def _colours(self, count):
        """A colour change as a matrix [N, 3, 3] and a shift [N, 3, 1] on RGB: hue, saturation, contrast, brightness at once.

        Hue is a rotation in the chroma plane of YIQ, saturation a scaling of it.
        """
        a = self.augmentation
        turn = 2 * np.pi * self._uniform(count, -a.hue, a.hue)
        saturation = self._uniform(count, 1 - a.saturation, 1 + a.saturation) * ~self._some(a.grey, count)
        contrast, brightness = self._uniform(count, 1 - a.contrast, 1 + a.contrast), self._uniform(count, -a.brightness, a.brightness)
        c, s, zero, one = saturation * turn.cos(), saturation * turn.sin(), torch.zeros_like(turn), torch.ones_like(turn)
        chroma = torch.stack((one, zero, zero, zero, c, -s, zero, s, c), 1).view(-1, 3, 3)
        to_yiq, from_yiq = (torch.tensor(m, dtype=torch.float32, device=self.device) for m in (RGB_TO_YIQ, np.linalg.inv(RGB_TO_YIQ)))
        matrix = from_yiq @ chroma @ to_yiq * contrast.view(-1, 1, 1)
        return matrix, (127.5 * (1 - contrast + brightness)).view(-1, 1, 1).expand(-1, 3, 1)


RGB_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])


def letterboxed(packed, numbers, side):
    """Photos as the product sees them, but square: scaled to fit, centred on grey. [N, 3, S, S], 0-1."""
    numbers = torch.as_tensor(numbers, device=packed.sizes.device)
    sizes = packed.sizes[numbers]
    size = (sizes * (side / sizes.amax(1, True))).round()
    corner = ((side - size) / 2).floor()
    window = torch.tensor([0.0, 0, side, side], device=sizes.device).expand(len(numbers), 4)
    places = Places(torch.arange(len(numbers), device=sizes.device), torch.cat((corner, size), 1), window,
                    torch.zeros(len(numbers), dtype=torch.bool, device=sizes.device), torch.ones(len(numbers), device=sizes.device))
    return lay(packed, numbers, places, len(numbers), side) / 255
