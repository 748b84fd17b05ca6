"""What changes during training, by the elapsed share of its time; the average of the weights; the optimiser."""

import copy
import math

import torch

from model import learned


class Schedule:
    """Learning rate and input size."""

    WARM_STEPS = 100  # the statistics of the normalisation and the optimiser have to settle first
    LOWEST = 0.01  # of the learning rate, at the end

    def __init__(self, rate, sizes):
        self.rate = rate
        self.sizes = [(float(at), int(side)) for at, side in (part.split(":") for part in sizes.split(","))]

    def side(self, share):
        """The input's side in pixels: small pictures first, since they are cheap and most is learned from them."""
        return [side for at, side in self.sizes if at <= share][-1]

    def apply(self, optimizer, share, step):
        """Cosine decay over the time (Loshchilov & Hutter, 2017), after a linear warm-up."""
        warm = min(1.0, (step + 1) / self.WARM_STEPS)
        share = min(1.0, share)
        rate = self.rate * (self.LOWEST + (1 - self.LOWEST) * (1 + math.cos(math.pi * share)) / 2)
        for group in optimizer.param_groups:
            group["lr"] = rate * warm
        return rate * warm


class Average:
    """Exponential moving average of the weights: what is validated and kept (Polyak & Juditsky, 1992)."""

    def __init__(self, model, decay, steps=0):
        self.model, self.decay, self.steps = copy.deepcopy(model).eval(), decay, steps

    @torch.no_grad()
    def update(self, model):
        """Decays faster at the start, when early weights are not worth keeping."""
        self.steps += 1
        decay = self.decay * (1 - math.exp(-self.steps / 500))
        pairs = list(zip(learned(self.model).values(), learned(model).values()))
        mine, theirs = map(list, zip(*(pair for pair in pairs if pair[0].is_floating_point())))
        torch._foreach_mul_(mine, decay)  # in one call: hundreds of small operations would keep a GPU waiting
        torch._foreach_add_(mine, theirs, alpha=1 - decay)
        for own, other in pairs:
            if not own.is_floating_point():
                own.copy_(other)


def optimizer_for(model, rate, decay):
    """AdamW (Loshchilov & Hutter, 2019); only the convolutions' weights decay, not biases and normalisation."""
    changing = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.AdamW([{"params": [p for p in changing if p.dim() > 1], "weight_decay": decay},
                              {"params": [p for p in changing if p.dim() <= 1], "weight_decay": 0.0}], lr=rate, betas=(0.9, 0.99))
