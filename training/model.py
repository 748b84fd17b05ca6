"""The network: YOLOv5n, written from its published description (Jocher et al., 2020; depth 0.33, width 0.25).

Backbone b0-b9 (convolutions, C3 blocks, SPPF), a path-aggregation head h10-h23 and one 1x1 convolution d for each of the
strides 8, 16 and 32. Attribute names are those of the first detector's state dict, so that training can start from it.
"""

import torch
from torch import nn

from resnet import CHANNELS, ResNet, pretrained

STRIDES = (8, 16, 32)

# Width and height in pixels of the input, three for each stride; YOLOv5's own, found by k-means on COCO.
ANCHORS = (
    ((10, 13), (16, 30), (33, 23)),
    ((30, 61), (62, 45), (59, 119)),
    ((116, 90), (156, 198), (373, 326)),
)


class Conv(nn.Module):
    """Convolution without bias, batch normalisation, SiLU."""

    def __init__(self, inputs, outputs, size=1, stride=1, padding=None):
        super().__init__()
        self.c = nn.Conv2d(inputs, outputs, size, stride, size // 2 if padding is None else padding, bias=False)
        self.b = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03)
        self.a = nn.SiLU(inplace=True)

    def forward(self, x):
        return self.a(self.b(self.c(x)))


class Bottleneck(nn.Module):
    """A 1x1 and a 3x3 convolution, added to their input if `shortcut`."""

    def __init__(self, channels, shortcut):
        super().__init__()
        self.one = Conv(channels, channels)
        self.two = Conv(channels, channels, 3)
        self.shortcut = shortcut

    def forward(self, x):
        y = self.two(self.one(x))
        return x + y if self.shortcut else y


class C3(nn.Module):
    """Cross-stage partial block (Wang et al., 2019) of three convolutions: half the channels pass the bottlenecks."""

    def __init__(self, inputs, outputs, repeats, shortcut=True):
        super().__init__()
        half = outputs // 2
        self.l = Conv(inputs, half)
        self.r = Conv(inputs, half)
        self.m = nn.Sequential(*(Bottleneck(half, shortcut) for _ in range(repeats)))
        self.o = Conv(2 * half, outputs)

    def forward(self, x):
        return self.o(torch.cat((self.m(self.l(x)), self.r(x)), 1))


class SPPF(nn.Module):
    """Spatial pyramid pooling (He et al., 2014) by one 5x5 maximum applied three times."""

    def __init__(self, channels):
        super().__init__()
        self.i = Conv(channels, channels // 2)
        self.p = nn.MaxPool2d(5, 1, 2)
        self.o = Conv(channels * 2, channels)

    def forward(self, x):
        x = self.i(x)
        y = self.p(x)
        z = self.p(y)
        return self.o(torch.cat((x, y, z, self.p(z)), 1))


class Detector(nn.Module):
    """YOLOv5's path-aggregation head and its three outputs, on a backbone that a subclass provides.

    channels: the backbone's at strides 8, 16 and 32; `see`: [N, 3, H, W] → these three features.
    """

    def __init__(self, classes, channels):
        super().__init__()
        c, d, e = channels
        self.classes = classes
        self.h10 = Conv(e, d)
        self.h13 = C3(2 * d, d, 1, shortcut=False)
        self.h14 = Conv(d, c)
        self.h17 = C3(2 * c, c, 1, shortcut=False)
        self.h18 = Conv(c, c, 3, 2)
        self.h20 = C3(2 * c, d, 1, shortcut=False)
        self.h21 = Conv(d, d, 3, 2)
        self.h23 = C3(2 * d, e, 1, shortcut=False)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.d = nn.ModuleList(nn.Conv2d(n, 3 * (5 + classes), 1) for n in (c, d, e))
        self.register_buffer("anchors", torch.tensor(ANCHORS, dtype=torch.float32))
        self._expect_little()

    def _expect_little(self):
        """Starts with about eight objects in a 640 px picture (prior of Lin et al., 2017), not one in every cell."""
        for layer, stride in zip(self.d, STRIDES):
            bias = layer.bias.data.view(3, -1)
            bias[:, 4] = torch.log(torch.tensor(8 / (640 / stride) ** 2))
            bias[:, 5:] = torch.log(torch.tensor(0.6 / (self.classes - 0.99)))

    def forward(self, x):
        """[N, 3, H, W], RGB 0-1, sides multiples of 32 → for each stride raw [N, 3, H / stride, W / stride, 5 + classes]."""
        return self.find(self.see(x))

    def find(self, seen):
        """The backbone's features at strides 8, 16 and 32 → raw, as above."""
        fine, middle, top = seen
        x = top = self.h10(top)
        x = inner = self.h14(self.h13(torch.cat((self.up(x), middle), 1)))
        small = self.h17(torch.cat((self.up(x), fine), 1))
        medium = self.h20(torch.cat((self.h18(small), inner), 1))
        large = self.h23(torch.cat((self.h21(medium), top), 1))
        return [self._rows(layer(y)) for layer, y in zip(self.d, (small, medium, large))]

    def _rows(self, y):
        n, _, h, w = y.shape
        return y.view(n, 3, 5 + self.classes, h, w).permute(0, 1, 3, 4, 2)


class Yolo(Detector):
    """YOLOv5 from end to end. `width` multiplies the channels of YOLOv5n: 2 gives the channels of YOLOv5s."""

    def __init__(self, classes=2, width=1):
        a, b, c, d, e = (int(n * width) for n in (16, 32, 64, 128, 256))
        super().__init__(classes, (c, d, e))
        self.b0 = Conv(3, a, 6, 2, 2)
        self.b1 = Conv(a, b, 3, 2)
        self.b2 = C3(b, b, 1)
        self.b3 = Conv(b, c, 3, 2)
        self.b4 = C3(c, c, 2)
        self.b5 = Conv(c, d, 3, 2)
        self.b6 = C3(d, d, 3)
        self.b7 = Conv(d, e, 3, 2)
        self.b8 = C3(e, e, 1)
        self.b9 = SPPF(e)

    def see(self, x):
        fine = self.b4(self.b3(self.b2(self.b1(self.b0(x)))))
        middle = self.b6(self.b5(fine))
        return fine, middle, self.b9(self.b8(self.b7(middle)))


class Sighted(Detector):
    """The detector on a pretrained ResNet-18, its eyes, which are frozen: their features are reduced to YOLOv5n's channels.

    `whole` is a second opinion on the picture as a whole, for each class: a linear layer on the mean and maximum of the eyes' features
    over the picture. whole.py fits it; training the detector does not change it.
    """

    def __init__(self, classes=2):
        c, d, e = 64, 128, 256
        super().__init__(classes, (c, d, e))
        self.n3, self.n4, self.n5 = Conv(CHANNELS[1], c), Conv(CHANNELS[2], d), Conv(CHANNELS[3], e)
        self.pool = SPPF(e)
        self.eyes = ResNet()
        self.whole = nn.Linear(CHANNELS[2] + 2 * CHANNELS[3], classes).requires_grad_(False)

    def see(self, x):
        return self.eyes(x)

    def find(self, seen):
        fine, middle, top = seen
        return super().find((self.n3(fine), self.n4(middle), self.pool(self.n5(top))))


def pooled(seen):
    """The input of Sighted.whole: [N, 1280]."""
    _, middle, top = seen
    return torch.cat((middle.mean((2, 3)), top.mean((2, 3)), top.amax((2, 3))), 1)


def cells(h, w, like):
    """Column and row of each cell: [h, w, 2] (x, y), with the dtype and device of `like`."""
    y = torch.arange(h, device=like.device).to(like.dtype)
    x = torch.arange(w, device=like.device).to(like.dtype)
    return torch.stack((x.view(1, -1).expand(h, w), y.view(-1, 1).expand(h, w)), -1)


def boxes(raw, anchors, stride):
    """Raw [..., h, w, ≥4] → centre [..., 2] and size [..., 2] in input pixels; anchors [3, 2] in pixels.

    xy = (2σ - 0.5 + cell) · stride and wh = (2σ)² · anchor: a centre may be up to half a cell outside its own, a size is
    at most four times its anchor.
    """
    s = raw[..., :4].sigmoid()
    centre = (s[..., :2] * 2 - 0.5 + cells(raw.shape[-3], raw.shape[-2], raw)) * stride
    return centre, (s[..., 2:4] * 2) ** 2 * anchors.view(3, 1, 1, 2)


class Decoded(nn.Module):
    """The detector as exported: [N, 3, H, W] → [N, anchors, 5 + classes].

    A row is a box centre and size in input pixels, its objectness and one probability per class. With a calibration (scale, weight, shift, apart)
    scores s = objectness × probability are calibrated. That of a class' best box becomes sigmoid(scale · logit(s) + weight · whole + shift):
    logistic regression (Platt, 1999) on the detector's opinion and the second one on the whole picture. Other boxes stay below it by
    `apart` times their distance in the detector's logits: the second opinion says nothing about a second dog, and most second boxes are
    of the first dog. A row then holds its highest calibrated probability as objectness, and for each class its share of that, so that
    their product is the class' probability.
    """

    def __init__(self, model, calibration=None):
        super().__init__()
        self.model, self.calibration = model, calibration

    def forward(self, images):
        seen, places, said = self.model.see(images), [], []
        for raw, anchors, stride in zip(self.model.find(seen), self.model.anchors, STRIDES):
            places.append(torch.cat(boxes(raw, anchors, stride), -1).flatten(1, 3))
            said.append(raw[..., 4:].sigmoid().flatten(1, 3))
        said = torch.cat(said, 1)
        return torch.cat((torch.cat(places, 1), self.chances(said, self.model.whole(pooled(seen))) if self.calibration else said), 2)

    def chances(self, said, whole):
        """said [N, anchors, 1 + classes]: objectness and probabilities; whole [N, classes]."""
        scale, weight, shift, apart = self.calibration
        score = (said[..., :1] * said[..., 1:]).clamp(1e-7, 1 - 1e-6)
        logit = (score / (1 - score)).log()
        best = logit.amax(1, keepdim=True)
        chance = (scale * best + weight * whole[:, None] + shift + apart * (logit - best)).sigmoid()
        highest = chance.amax(-1, keepdim=True)
        return torch.cat((highest, chance / highest), -1)


def learned(model):
    """The state dict without the eyes, which come from the package."""
    return {k: v for k, v in model.state_dict().items() if not k.startswith("eyes.")}


def restore(model, state):
    """Loads what learned() returned, in whatever precision it was stored."""
    model.load_state_dict({**model.state_dict(), **{k: v.float() if v.is_floating_point() else v for k, v in state.items()}})
    return model


def sighted():
    """A new detector on the package's eyes."""
    model = Sighted()
    model.eyes.load_state_dict(pretrained().state_dict())
    return model


def load(path, **options):
    """A model from a state dict: on the eyes if it was trained on them."""
    state = torch.load(path, map_location="cpu")
    return restore(sighted() if "whole.weight" in state else Yolo(**options), state)
