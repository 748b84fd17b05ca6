"""Validation during training: image-level AUC and accuracy on the validation part, in PyTorch.

A quick approximation of the product, whose own figures come from evaluate.py.
"""

import torch

from data import letterboxed
from metrics import best_threshold, roc_auc


@torch.no_grad()
def dog_scores(run, packed, numbers, side, autocast, batch=64):
    """The highest objectness × probability of `dog` in each photo, letterboxed to a square: [N]. run: images → raw."""
    found = []
    for at in range(0, len(numbers), batch):
        images = letterboxed(packed, numbers[at:at + batch], side)
        with autocast():
            raw = run(images.contiguous(memory_format=torch.channels_last))
        scores = [(r[..., 4].float().sigmoid() * r[..., 5].float().sigmoid()).flatten(1).amax(1) for r in raw]
        found.append(torch.stack(scores).amax(0).cpu())
    return torch.cat(found).numpy()


def validate(run, packed, side, autocast, photos):
    """AUC, balanced accuracy at its best threshold, and that threshold, on at most this many photos."""
    numbers = range(0, len(packed), -(-len(packed) // photos))
    scores = dog_scores(run, packed, numbers, side, autocast)
    truth = [packed.photos[n]["dog"] for n in numbers]
    threshold, accuracy = best_threshold(truth, scores)
    return {"auc": roc_auc(truth, scores), "accuracy": accuracy, "threshold": threshold}
