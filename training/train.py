"""Trains the detector within a time budget.

    python3 train.py --minutes 120
    python3 train.py --resume                       continues after a kill, or after --stop-after

Writes to --out: state.pt (everything needed to resume), last.pt and best.pt (averaged weights, half precision; best by
AUC on the validation part), log.jsonl (the learning curve).
"""

import argparse
import contextlib
import inspect
import json
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import torch

import quantise
from data import Augmentation, Batches, Packed
from loss import Weights, matches, total_loss
from model import STRIDES, Sighted, Yolo, learned, load, restore, sighted
from resnet import swift
from schedule import Average, Schedule, optimizer_for
from validate import validate

ROOT = Path(__file__).resolve().parent.parent
PROGRESS_SECONDS = 5


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--packed", type=Path, default=ROOT.parent / "dogs-training", help="what prepare.py wrote")
    parser.add_argument("--out", type=Path, default=ROOT.parent / "dogs-training" / "run", help="folder outside the repository")
    parser.add_argument("--resume", action="store_true", help="go on from state.pt in --out, with its settings")
    parser.add_argument("--stop-after", type=float, default=1e9, help="leave after so many minutes, to go on later with --resume")
    parser.add_argument("--minutes", type=float, default=120, help="time for the whole schedule, validation not counted")
    parser.add_argument("--start", type=Path, help="state dict to start from; random weights if not given")
    parser.add_argument("--eyes", action="store_true", help="on the pretrained ResNet-18 of resnet.py, which stays as it is")
    parser.add_argument("--width", type=float, default=1, help="multiplies the channels")
    parser.add_argument("--sizes", default="0:192,0.35:256,0.75:288", help="input side from each share of the time on")
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=0.002, help="highest learning rate")
    parser.add_argument("--decay", type=float, default=0.02)
    parser.add_argument("--average", type=float, default=0.9995, help="decay of the weights' moving average, a step")
    parser.add_argument("--image-weight", type=float, default=0.05, help="of the image-level term; 0 leaves it out, but not from what a teacher says")
    parser.add_argument("--mosaic", type=float, default=Augmentation.mosaic, help="share of samples made of four photos")
    parser.add_argument("--mosaic-until", type=float, default=0.85, help="share of the time after which samples are single photos")
    parser.add_argument("--several", type=float, default=Augmentation.several, help="weight of a photo with several dogs, among those with a dog")
    parser.add_argument("--kinds", default="", help="weights of kinds without a dog, such as animal=2,person=1.5")
    parser.add_argument("--teacher", type=Path, nargs="*", default=[], help="state dicts of trained models to learn from as well")
    parser.add_argument("--teacher-width", type=float, default=2, help="of the teachers")
    parser.add_argument("--teacher-weight", type=float, default=1, help="of what is learned from them, beside the losses on the labels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--val-photos", type=int, default=1200, help="at most so many photos at each validation")
    parser.add_argument("--checkpoint-seconds", type=float, default=240, help="between checkpoints, each with a validation")
    parser.add_argument("--full-precision", action="store_true", help="float32 instead of bfloat16")
    return parser.parse_args(argv)


def precision(device, full):
    """The context the network runs in: bfloat16 needs no loss scaling, unlike float16."""
    if full or (device == "cuda" and not torch.cuda.is_bf16_supported()):
        return contextlib.nullcontext
    return lambda: torch.autocast(device, dtype=torch.bfloat16)


def write(path, save):
    """Writes atomically: a kill while writing must not destroy the previous checkpoint."""
    partial = path.with_suffix(".partial")
    save(partial)
    os.replace(partial, path)


def half(model):
    """The state dict in half precision, on the CPU."""
    return {k: (v.half() if v.is_floating_point() else v).cpu() for k, v in learned(model).items()}


def trusting():
    """Options for torch.load: a checkpoint is our own file and holds more than tensors, which PyTorch 1.13 and later must be told."""
    return {"weights_only": False} if "weights_only" in inspect.signature(torch.load).parameters else {}


class Training:
    """A training run: its model, what updates it, and its progress."""

    def __init__(self, args):
        self.args, self.device = args, "cuda" if torch.cuda.is_available() else "cpu"
        self.autocast = precision(self.device, args.full_precision)
        torch.manual_seed(args.seed)
        torch.backends.cudnn.benchmark = True
        torch.set_flush_denormal(True)
        model = load(args.start, width=args.width) if args.start else sighted() if args.eyes else Yolo(width=args.width)
        self.model = self.ready(model)
        # The frozen part can be left to a faster runtime.
        self.eyes = swift(self.model.eyes, args.out / "eyes.onnx", quantise.load()) if isinstance(model, Sighted) and self.device == "cpu" else None
        self.teachers = [self.ready(load(path, width=args.teacher_width)).eval() for path in args.teacher]
        self.average = Average(self.model, args.average)
        self.optimizer = optimizer_for(self.model, args.rate, args.decay)
        self.schedule = Schedule(args.rate, args.sizes)
        kinds = {k: float(v) for k, v in (part.split("=") for part in args.kinds.split(",") if part)}
        self.augmentation = Augmentation(mosaic=args.mosaic, several=args.several, kinds=kinds)
        self.weights = Weights(image=args.image_weight, teacher=args.teacher_weight)
        self.train, self.val = (Packed(args.packed / part, self.device) for part in ("train", "val"))
        self.step, self.seconds, self.best, self.stop = 0, 0.0, 0.0, False

    def ready(self, model):
        return model.to(self.device).to(memory_format=torch.channels_last)

    @property
    def share(self):
        """Elapsed share of the time budget: 0-1."""
        return self.seconds / 60 / self.args.minutes

    def restore(self, state):
        restore(self.model, state["model"])
        restore(self.average.model, state["average"])
        self.average.steps = state["step"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]
        log = self.args.out / "log.jsonl"
        if log.exists():
            self.best = max(json.loads(line)["auc"] for line in log.read_text(encoding="utf-8").splitlines())

    def checkpoint(self):
        """Writes what is needed to resume, then validates the average and keeps it if it is the best so far."""
        # Always at the last size, the product's: results at different sizes could not be compared to find the best.
        began, out, side = time.monotonic(), self.args.out, self.schedule.sizes[-1][1]
        state = {"model": learned(self.model), "average": learned(self.average.model), "optimizer": self.optimizer.state_dict(),
                 "step": self.step, "seconds": self.seconds, "args": vars(self.args), "data": self.train.data_hash}
        write(out / "state.pt", lambda path: torch.save(state, path))
        write(out / "last.pt", lambda path: torch.save(half(self.average.model), path))
        result = validate(partial(self.run, self.average.model), self.val, side, self.autocast, self.args.val_photos)
        better = result["auc"] > self.best
        if better:
            self.best = result["auc"]
            write(out / "best.pt", lambda path: torch.save(half(self.average.model), path))
        with open(out / "log.jsonl", "a", encoding="utf-8") as log:
            log.write(json.dumps({"step": self.step, "minutes": round(self.seconds / 60, 2), "side": side, **result}) + "\n")
        print(f"step {self.step}: validation AUC {result['auc']:.4f}{' (best)' if better else ''}, balanced accuracy "
              f"{result['accuracy']:.4f} at {result['threshold']:.2f}, {time.monotonic() - began:.0f} s", flush=True)

    def run(self, model, images):
        return model.find((self.eyes or model.see)(images))

    @torch.no_grad()
    def taught(self, images):
        """The teachers' mean output for a batch; None without teachers."""
        said = [teacher(images) for teacher in self.teachers]
        return [sum(r.float() for r in raws) / len(said) for raws in zip(*said)] if said else None

    def one_step(self, batch, side):
        images = batch["images"].contiguous(memory_format=torch.channels_last)
        found = matches(batch["targets"], self.model.anchors, [(side // stride, side // stride) for stride in STRIDES])
        with self.autocast():
            raw, taught = self.run(self.model, images), self.taught(images)
        loss, parts = total_loss(raw, batch, found, self.model.anchors, self.weights, side, taught)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.average.update(self.model)
        return {"loss": loss.detach(), **parts}

    def go(self):
        """Trains until the budget is used up, --stop-after is reached or a signal arrives; always leaves a checkpoint."""
        self.model.train()
        stopping = self.seconds + self.args.stop_after * 60
        shown, saved, sums, count = self.seconds, self.seconds, {}, 0
        batches = Batches(self.train, self.augmentation, self.args.batch, self.args.seed * 1_000_000 + self.step)
        side = 0
        last = time.monotonic()
        while self.share < 1 and self.seconds < stopping and not self.stop:
            new = side != self.schedule.side(self.share)
            side = batches.side = self.schedule.side(self.share)
            if self.share > self.args.mosaic_until:  # it will be used on whole photos
                self.augmentation.mosaic = 0
            rate = self.schedule.apply(self.optimizer, self.share, self.step)
            parts = self.one_step(next(batches), side)
            self.step, count = self.step + 1, count + 1
            sums = {k: sums.get(k, 0) + v for k, v in parts.items()}
            now = time.monotonic()
            if new:  # a size's first step selects kernels; its time does not count
                last = now
            self.seconds, last = self.seconds + now - last, now
            if self.seconds - shown >= PROGRESS_SECONDS:
                self.show(sums, count, rate, side, self.seconds - shown)
                sums, count, shown = {}, 0, self.seconds
            if self.seconds - saved >= self.args.checkpoint_seconds:
                self.checkpoint()
                saved, last = self.seconds, time.monotonic()
        self.checkpoint()

    def show(self, sums, count, rate, side, seconds):
        left = max(0.0, self.args.minutes - self.seconds / 60)
        losses = " ".join(f"{k} {float(v) / count:.4f}" for k, v in sums.items())
        speed = count * self.args.batch / seconds
        print(f"step {self.step} side {side} {losses} rate {rate:.5f} {speed:.0f} img/s, {left:.1f} min left", flush=True)
        if not all(torch.isfinite(torch.as_tensor(v)) for v in sums.values()):
            sys.exit("The loss is no number any more; the last checkpoint is from before.")


def main(argv=None):
    args = arguments(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    state = None
    if not args.resume and (args.out / "state.pt").exists():
        sys.exit(f"{args.out} holds a training: --resume it, or name another --out.")
    if args.resume:
        state = torch.load(args.out / "state.pt", map_location="cpu", **trusting())
        stored = argparse.Namespace(**state["args"])
        stored.packed, stored.out, stored.stop_after = args.packed, args.out, args.stop_after
        stored.start, args = None, stored
    training = Training(args)
    if state:
        training.restore(state)

    def stop(*_):
        training.stop = True
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    training.go()


if __name__ == "__main__":
    main()
