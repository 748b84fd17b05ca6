"""What training minimises: YOLOv5's losses, an image-level term, and the distance from a teacher."""

import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from model import STRIDES, boxes, cells

# A true box matches an anchor whose sides differ from its own by less than this factor.
MAX_RATIO = 4.0

# YOLOv5's balance between the three scales: fine ones have many cells and few hits, coarse ones the opposite.
BALANCE = (4.0, 1.0, 0.4)


@dataclass
class Weights:
    """The weight of each part in a sample's mean loss. Box and objectness are YOLOv5's own weights for fine-tuning a COCO
    model; objectness is scaled with the input's area, since the mean over fewer cells holds more hits."""

    box: float = 0.05
    objectness: float = 1.0
    classes: float = 0.05
    image: float = 0.05
    teacher: float = 1.0


def ciou(centre, size, true_centre, true_size):
    """Complete IoU (Zheng et al., 2020) of boxes [M, 2] + [M, 2] in pixels → IoU [M], CIoU [M]."""
    low, high = centre - size / 2, centre + size / 2
    true_low, true_high = true_centre - true_size / 2, true_centre + true_size / 2
    shared = (torch.min(high, true_high) - torch.max(low, true_low)).clamp(min=0).prod(1)
    iou = shared / (size.prod(1) + true_size.prod(1) - shared + 1e-7)
    diagonal = (torch.max(high, true_high) - torch.min(low, true_low)).pow(2).sum(1) + 1e-7
    distance = (centre - true_centre).pow(2).sum(1) / diagonal
    angles = torch.atan(true_size[:, 0] / (true_size[:, 1] + 1e-7)) - torch.atan(size[:, 0] / (size[:, 1] + 1e-7))
    v = 4 / math.pi ** 2 * angles.pow(2)
    with torch.no_grad():
        alpha = v / (v - iou + 1 + 1e-7)
    return iou, iou - distance - alpha * v


def match(targets, anchors, stride, h, w):
    """Which cells and anchors of one scale are responsible for which true boxes.

    targets [M, 6]: sample, class, centre and size in pixels. A box is learned by the cell of its centre and by the two
    neighbours nearest to it, at each anchor of fitting shape. Returns sample, anchor, row, column and index into
    targets, each [K].
    """
    ratio = targets[:, None, 4:6] / anchors[None]
    fits = torch.max(ratio, 1 / ratio).amax(2) < MAX_RATIO
    which, anchor = fits.nonzero(as_tuple=True)
    place = targets[which, 2:4] / stride
    own = place.floor()
    # The nearer neighbour in x and in y: left of a cell's middle the left one, right of it the right one.
    toward = torch.where(place - own < 0.5, -1.0, 1.0).to(place.dtype)
    aside = torch.zeros_like(toward)
    cell = torch.cat((own, own + torch.stack((toward[:, 0], aside[:, 0]), 1), own + torch.stack((aside[:, 1], toward[:, 1]), 1)))
    which, anchor = which.repeat(3), anchor.repeat(3)
    column, row = cell[:, 0].long(), cell[:, 1].long()
    inside = (column >= 0) & (column < w) & (row >= 0) & (row < h)
    which = which[inside]
    return targets[which, 0].long(), anchor[inside], row[inside], column[inside], which


def matches(targets, anchors, raw_sizes):
    """match() for each scale. Needs no output of the network: called before it, so that a GPU need not wait halfway."""
    return [match(targets, anchors[level], STRIDES[level], h, w) for level, (h, w) in enumerate(raw_sizes)]


def yolo_loss(raw, targets, found, known, anchors, weights, side):
    """Box, objectness and class loss of a batch.

    raw: for each stride [N, 3, h, w, 5 + classes]; targets [M, 6] in pixels, found: their matches; known [N]: 0 for samples
    whose boxes are unknown, which are left out here; side: the input's, in pixels. Returns the loss and its parts (detached).
    """
    device = raw[0].device
    box_loss, class_loss, object_loss = (torch.zeros((), device=device) for _ in range(3))
    for level, rows, stride, balance in zip(range(3), raw, STRIDES, BALANCE):
        h, w = rows.shape[2:4]
        hit = torch.zeros(rows.shape[:4], device=device)
        sample, anchor, row, column, which = found[level]
        if len(which):
            picked = rows[sample, anchor, row, column]
            s = picked[:, :4].sigmoid()
            centre = (s[:, :2] * 2 - 0.5 + torch.stack((column, row), 1)) * stride
            size = (s[:, 2:] * 2) ** 2 * anchors[level][anchor]
            true = targets[which]
            iou, complete = ciou(centre, size, true[:, 2:4], true[:, 4:6])
            box_loss = box_loss + (1 - complete).mean()
            # Objectness learns how well the box fits; where two true boxes share a cell, the better fit counts.
            hit.view(-1).scatter_reduce_(0, ((sample * 3 + anchor) * h + row) * w + column, iou.detach().clamp(0), "amax")
            kind = (true[:, 1:2] == torch.arange(rows.shape[-1] - 5, device=device)).to(picked.dtype)
            class_loss = class_loss + F.binary_cross_entropy_with_logits(picked[:, 5:], kind)
        each = F.binary_cross_entropy_with_logits(rows[..., 4], hit, reduction="none").mean((1, 2, 3))
        object_loss = object_loss + balance * (each * known).mean()
    area = (side / 640) ** 2
    total = weights.box * box_loss + weights.objectness * area * object_loss + weights.classes * class_loss
    return total, {"box": box_loss.detach(), "obj": object_loss.detach(), "cls": class_loss.detach()}


def log_scores(raw, dog=0):
    """log(objectness × probability of `dog`) of every box of every scale: [N, boxes]."""
    return torch.cat([(F.logsigmoid(r[..., 4]) + F.logsigmoid(r[..., 5 + dog])).flatten(1) for r in raw], 1)


def mean_where(values, mask):
    """The mean of the masked values, 0 if there are none."""
    return torch.where(mask, values, torch.zeros_like(values)).sum() / mask.sum().clamp(min=1)


def image_loss(raw, targets, dogless, unknown, dog=0):
    """The image-level term: one false alarm counts as much as the whole picture.

    YOLO's objectness is a mean over thousands of cells, in which a single false alarm is lost. Here a sample without any dog
    (dogless [N]) gives the mean of -log(1 - s) over its three highest scores s = objectness × probability of `dog`; each
    annotated dog gives -log of the highest s among the cells whose middle is inside its box, over all scales, and a dog
    whose box is unknown (unknown [N]) that of the whole picture.
    """
    scores = log_scores(raw, dog)
    alarms = -torch.log1p(-scores.topk(3, 1).values.exp().clamp(max=1 - 1e-6)).mean(1)
    middles = torch.cat([((cells(r.shape[2], r.shape[3], r) + 0.5) * s).view(-1, 2).repeat(3, 1) for r, s in zip(raw, STRIDES)])
    reach = targets[:, None, 4:6].clamp(min=STRIDES[0]) / 2
    inside = ((middles[None] - targets[:, None, 2:4]).abs() <= reach).all(2)
    own = scores[targets[:, 0].long()].masked_fill(~inside, -1e4).amax(1)
    # A tiny box may contain no cell's middle.
    seen = (targets[:, 1] == dog) & (own > -1e3)
    missed = -torch.cat((own, scores.amax(1)))
    return mean_where(alarms, dogless) + mean_where(missed, torch.cat((seen, unknown)))


def teacher_loss(raw, taught, anchors, side):
    """Distance from a teacher with the same scales and anchors (distillation, Hinton et al., 2015).

    raw, taught: for each stride [N, 3, h, w, 5 + classes]. Objectness everywhere, classes and boxes weighted by the teacher's
    objectness, and the picture's highest dog score: all as cross-entropy against its probabilities, boxes as 1 - CIoU.
    Combined with the default Weights, whatever weights the run uses for its losses on labels.
    """
    weights, total = Weights(), torch.zeros((), device=raw[0].device)
    for level, own, other, stride, balance in zip(range(3), raw, taught, STRIDES, BALANCE):
        true = other[..., 4:].sigmoid()
        sure = true[..., 0]
        area = (side / 640) ** 2 * balance * weights.objectness
        total = total + area * F.binary_cross_entropy_with_logits(own[..., 4], sure)
        share = sure / sure.sum().clamp(min=1)
        kinds = F.binary_cross_entropy_with_logits(own[..., 5:], true[..., 1:], reduction="none").mean(-1)
        fit = ciou(*(b.reshape(-1, 2) for r in (own, other) for b in boxes(r, anchors[level], stride)))[1].view(sure.shape)
        total = total + (share * (weights.classes * kinds + weights.box * (1 - fit))).sum()
    score, belief = log_scores(raw).amax(1), log_scores(taught).amax(1).exp()
    unlike = -torch.log1p(-score.exp().clamp(max=1 - 1e-6))
    return total + weights.image * (-(belief * score) + (1 - belief) * unlike).mean()


def total_loss(raw, batch, found, anchors, weights, side, taught=None):
    """Mean loss per sample, and its parts for the log; in float32 whatever precision the network used."""
    raw = [r.float() for r in raw]
    loss, parts = yolo_loss(raw, batch["targets"], found, batch["known"], anchors, weights, side)
    if weights.image > 0:
        image = image_loss(raw, batch["targets"], batch["dogless"], batch["known"] == 0)
        loss, parts["img"] = loss + weights.image * image, image.detach()
    if taught is not None:
        teaching = teacher_loss(raw, [t.float() for t in taught], anchors, side)
        loss, parts["teacher"] = loss + weights.teacher * teaching, teaching.detach()
    return loss, parts
