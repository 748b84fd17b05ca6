"""Metrics of a detector, in pure numpy. Scores are 0-1, truths boolean; boxes are corners x1, y1, x2, y2 in pixels."""

import numpy as np


def roc_auc(truth, score):
    """Area under the ROC curve: the probability that a photo with a dog scores above one without (ties count half)."""
    truth, score = np.asarray(truth, bool), np.asarray(score, float)
    values, place = np.unique(score, return_inverse=True)
    counts = np.bincount(place, minlength=len(values))
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positive = truth.sum()
    return float((rank[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive)))


def curves(truth, score):
    """At each threshold, from the highest score down: threshold, recall, false positive rate, precision."""
    order = np.argsort(-np.asarray(score, float), kind="stable")
    truth, score = np.asarray(truth, bool)[order], np.asarray(score, float)[order]
    last = np.r_[score[1:] != score[:-1], True]  # equal scores pass together
    hits, alarms = np.cumsum(truth)[last], np.cumsum(~truth)[last]
    return score[last], hits / max(1, truth.sum()), alarms / max(1, (~truth).sum()), hits / (hits + alarms)


def best_threshold(truth, score, reach=0.02):
    """The threshold with the highest balanced accuracy (mean of recall and specificity), and that accuracy.

    Balanced, since the share of dogs in a validation part says nothing about their share elsewhere. The curve is noisy, so
    each threshold is rated by the mean over all within `reach` of it, to avoid a chance peak.
    """
    truth, score = np.asarray(truth, bool), np.asarray(score, float)
    steps = np.arange(0.01, 0.9901, 0.005)
    passed = score[None] >= steps[:, None]
    balanced = (passed[:, truth].mean(1) + (~passed[:, ~truth]).mean(1)) / 2
    near = np.abs(steps[:, None] - steps[None]) <= reach + 1e-9
    best = int((near @ balanced / near.sum(1)).argmax())
    return float(steps[best]), float(balanced[best])


def calibration(truth, score, bins=10):
    """Expected calibration error (Naeini et al., 2015) and its bins: mean score, share of dogs, photos."""
    truth, score = np.asarray(truth, bool), np.asarray(score, float)
    place = np.minimum((score * bins).astype(int), bins - 1)
    rows = [(float(score[place == b].mean()), float(truth[place == b].mean()), int((place == b).sum()))
            for b in range(bins) if (place == b).any()]
    return float(sum(n * abs(s - t) for s, t, n in rows) / len(score)), rows


def overlaps(boxes, others):
    """IoU of each of boxes [M, 4] with each of others [K, 4]: [M, K]."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(2)
    area, other = (boxes[:, 2:] - boxes[:, :2]).prod(1), (others[:, 2:] - others[:, :2]).prod(1)
    return shared / (area[:, None] + other[None] - shared + 1e-9)


def average_precision(photos, minimum):
    """AP as COCO measures it: precision, made monotone, at 101 recalls; a box is found at IoU ≥ minimum.

    photos: (true boxes [K, 4], found boxes [M, 4], scores [M]) for each.
    """
    scores, hits, total = [], [], 0
    for true, found, score in photos:
        total += len(true)
        order = np.argsort(-score, kind="stable")
        overlap = overlaps(found[order], true) if len(true) and len(found) else np.zeros((len(found), len(true)))
        free = np.ones(len(true), bool)
        for row, s in zip(overlap, score[order]):
            row = np.where(free, row, -1)
            best = int(row.argmax()) if len(row) else -1
            hit = best >= 0 and row[best] >= minimum
            if hit:
                free[best] = False
            hits.append(hit)
            scores.append(s)
    if not total or not hits:
        return 0.0
    hits = np.array(hits)[np.argsort(-np.array(scores), kind="stable")]
    found = np.cumsum(hits)
    recall, precision = found / total, found / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(np.where(at < len(precision), precision[np.minimum(at, len(precision) - 1)], 0).mean())
