"""Fits the second opinion of a detector on the eyes, and the calibration of both opinions together.

    python3 whole.py ../../dogs-training/run/last.pt --out ../../dogs-training/detector.pt

Fits Sighted.whole on the train part: logistic regression for each class on the eyes' features of whole photos, which is enough to
be right about most of them. Then fits on the validation part how much the detector's score and this one count, so that
the result is a probability: the three numbers that it prints last are export.py's --calibration.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import quantise
from data import GREY, Packed
from metrics import calibration, roc_auc
from model import load, pooled
from prepare import CLASSES, ROOT
from resnet import swift
from train import half

PENALTY = 0.01  # of squared weights, for features of unit spread; on val 0.003 to 0.03 differ by 0.002 of AUC
STRIDE = 32


def letterboxed(packed, number, side):
    """A photo as the product sees it: [1, 3, H, W], 0-1, the longer side `side`, on grey up to multiples of 32."""
    width, height = map(int, packed.sizes[number])
    scale = side / max(width, height)
    w, h = round(width * scale), round(height * scale)
    photo = packed.squares[number][:height, :width].permute(2, 0, 1)[None].float()
    canvas = torch.full((1, 3, -(-h // STRIDE) * STRIDE, -(-w // STRIDE) * STRIDE), float(GREY))
    top, left = (canvas.shape[2] - h) // 2, (canvas.shape[3] - w) // 2
    canvas[:, :, top:top + h, left:left + w] = F.interpolate(photo, (h, w), mode="bilinear", align_corners=False)
    return canvas / 255


@torch.no_grad()
def features(see, packed, side, cache):
    """pooled() of every photo: [N, 1280]. Cached in a file, since it takes minutes."""
    if not cache.exists():
        found = []
        for number in range(len(packed)):
            found.append(pooled(see(letterboxed(packed, number, side)))[0].numpy())
            if number % 500 == 0 or number == len(packed) - 1:
                print(f"\r{cache.name}: {number + 1} of {len(packed)} photos", end="", flush=True)
        print()
        np.save(cache, np.array(found))
    return torch.from_numpy(np.load(cache)).float()


def regression(inputs, truth, weight, penalty):
    """Logistic regression by L-BFGS: weights [D] and bias, for unscaled inputs."""
    mean, spread = inputs.mean(0), inputs.std(0) + 1e-3
    inputs, found = (inputs - mean) / spread, torch.zeros(inputs.shape[1] + 1, requires_grad=True)
    solver = torch.optim.LBFGS([found], max_iter=200, line_search_fn="strong_wolfe")

    def loss():
        solver.zero_grad()
        each = F.binary_cross_entropy_with_logits(inputs @ found[:-1] + found[-1], truth, reduction="none")
        total = (weight * each).sum() / weight.sum() + penalty * found[:-1].pow(2).sum()
        total.backward()
        return total
    solver.step(loss)
    weights = found.detach()[:-1] / spread
    return weights, found.detach()[-1] - weights @ mean


def balanced(truth):
    """Weights with which both answers count the same in total."""
    share = truth.mean()
    return torch.where(truth > 0, 0.5 / share, 0.5 / (1 - share))


@torch.no_grad()
def opinions(model, see, packed, side):
    """For each photo, the logit of the detector's highest dog score and that of the second opinion: [N, 2]."""
    said = []
    for number in range(len(packed)):
        seen = see(letterboxed(packed, number, side))
        score = max(float((r[..., 4].sigmoid() * r[..., 5].sigmoid()).max()) for r in model.find(seen))
        said.append((score, float(model.whole(pooled(seen))[0, 0])))
    score, whole = torch.tensor(said).T
    score = score.clamp(1e-7, 1 - 1e-6)
    return torch.stack(((score / (1 - score)).log(), whole), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the same weights with the second opinion in them, in half precision")
    parser.add_argument("--packed", type=Path, default=ROOT.parent / "dogs-training", help="what prepare.py wrote")
    parser.add_argument("--side", type=int, default=224, help="of the input, in pixels")
    args = parser.parse_args()
    model = load(args.weights).eval()
    ranges = quantise.load()
    see = swift(model.eyes, args.packed / "eyes.onnx", ranges)
    train, val = (Packed(args.packed / part) for part in ("train", "val"))
    seen = hashlib.sha256(json.dumps([ranges, [photo["file"] for photo in train.photos]]).encode()).hexdigest()[:8]
    inputs = features(see, train, args.side, args.packed / f"whole-{args.side}-{seen}.npy")
    for number in range(len(CLASSES)):
        truth = torch.tensor([float(p["dog"] if number == 0 else any(b[0] == number for b in p["boxes"])) for p in train.photos])
        weights, bias = regression(inputs, truth, balanced(truth), PENALTY)
        model.whole.weight[number], model.whole.bias[number] = weights, bias
    torch.save(half(model), args.out)
    both, truth = opinions(model, see, val, args.side), torch.tensor([float(p["dog"]) for p in val.photos])
    weights, bias = regression(both, truth, balanced(truth), 0.0)
    together = both @ weights + bias
    for name, logits in (("detector", both[:, 0]), ("second opinion", both[:, 1]), ("together", together)):
        print(f"{name}: AUC {roc_auc(truth, logits.numpy()):.4f}")
    print(f"ECE of both together on val: {calibration(truth, together.sigmoid().numpy())[0]:.4f}")
    print("--calibration", *(f"{float(v):.4f}" for v in (*weights, bias)))


if __name__ == "__main__":
    main()
