"""The losses of JPEG compression, without its coding: quantized cosine transforms of 8 x 8 pixels (ITU-T T.81, 1992)."""

import math

import numpy as np
import torch

BLOCK = 8

# The standard's example of a luminance table (annex K, table K.1); here for chroma as well.
STEPS = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)

# RGB to YCbCr without its offsets (JFIF; ITU-T T.871, 2011).
RGB_TO_YCBCR = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])


def cosines(device):
    """The discrete cosine transform of eight values: an orthogonal matrix [8, 8]."""
    k, n = torch.arange(BLOCK, device=device)[:, None], torch.arange(BLOCK, device=device)[None]
    rows = torch.cos(math.pi / BLOCK * (n + 0.5) * k) * math.sqrt(2 / BLOCK)
    rows[0] /= math.sqrt(2)
    return rows


def compressed(images, quality):
    """images [N, 3, H, W], 0-255, sides multiples of 8; quality [N], 1-100, as in the usual libraries."""
    n, _, h, w = images.shape
    there, back = (torch.tensor(m, dtype=torch.float32, device=images.device) for m in (RGB_TO_YCBCR, np.linalg.inv(RGB_TO_YCBCR)))
    dct = cosines(images.device)
    steps = torch.tensor(STEPS, dtype=torch.float32, device=images.device).view(BLOCK, BLOCK)
    factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    steps = (steps * factor.view(-1, 1, 1, 1, 1, 1)).clamp(min=1)
    blocks = (there @ images.flatten(2)).view(n, 3, h // BLOCK, BLOCK, w // BLOCK, BLOCK).transpose(3, 4)
    rounded = dct.T @ ((dct @ blocks @ dct.T) / steps).round().mul(steps) @ dct
    return (back @ rounded.transpose(3, 4).reshape(n, 3, -1)).view_as(images)
