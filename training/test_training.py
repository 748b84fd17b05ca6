"""A smoke test of the whole pipeline on generated pictures: preparation, a few steps, validation, resuming, export.

    python3 test_training.py [FOLDER]

The "dogs" are red discs, the "cats" blue ones, on noise. Takes less than a minute on one core. Its output is left in FOLDER,
if given: smoke.onnx, smoke.png and smoke.txt with PyTorch's own score, which the product's detector must match.
"""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

import evaluate
import export
import jpeg
import metrics
import onnx_runtime
import prepare
import quantise
import train
import whole
from data import Augmentation, Batches, Packed
from loss import Weights, image_loss, match, matches, teacher_loss, total_loss
from model import ANCHORS, Decoded, Sighted, Yolo, learned, load, restore
from resnet import ResNet, swift
from schedule import optimizer_for

COLOURS = {"dog": (220, 40, 40), "cat": (40, 60, 220)}


def photo(rng, kind, path):
    """A picture of 96 x 64 with one disc, or none; returns its line for train.jsonl."""
    picture = Image.fromarray(rng.integers(90, 160, (64, 96, 3), np.uint8))
    boxes = {name: [] for name in COLOURS}
    if kind in COLOURS:
        radius, x, y = rng.integers(12, 24), rng.integers(30, 66), rng.integers(26, 38)
        box = [int(v) for v in (x - radius, y - radius, x + radius, y + radius)]
        ImageDraw.Draw(picture).ellipse(box, fill=COLOURS[kind])
        boxes[kind].append(box)
    picture.save(path, lossless=True)
    return {"file": f"train/{path.name}", "width": 96, "height": 64, "boxes": boxes,
            "contains_dog": kind == "dog", "kind": kind, "how": "annotated"}


def generate(data, count=120):
    """train.jsonl and its pictures; every eighth comes from a validation source."""
    rng, lines = np.random.default_rng(1), []
    (data / "train").mkdir()
    for number in range(count):
        row = photo(rng, ("dog", "cat", "scene")[number % 3], data / "train" / f"{number:06}.webp")
        row["source"] = next(iter(prepare.VALIDATION)) if number % 8 == 0 else "generated"
        lines.append(json.dumps(row) + "\n")
    (data / "train.jsonl").write_text("".join(lines), encoding="utf-8")


def quietly(action, *arguments):
    """Runs a command and returns its output instead of printing it."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        action(*arguments)
    return said.getvalue()


class Parts(unittest.TestCase):
    def test_a_box_is_learned_by_its_cell_and_the_two_nearest(self):
        target = torch.tensor([[0, 0, 84.0, 90.0, 60.0, 60.0]])
        _, anchor, row, column, _ = match(target, torch.tensor(ANCHORS[1], dtype=torch.float32), 16, 8, 8)
        self.assertEqual({(5, 5), (5, 4), (6, 5)}, set(zip(row.tolist(), column.tolist())))
        self.assertEqual({0, 1, 2}, set(anchor.tolist()))

    def test_the_image_term_asks_for_no_dog_where_there_is_none(self):
        raw = [torch.zeros(1, 3, n, n, 7, requires_grad=True) for n in (8, 4, 2)]
        image_loss(raw, torch.zeros(0, 6), torch.tensor([True]), torch.tensor([False])).backward()
        self.assertTrue(all(r.grad.min() >= 0 for r in raw))
        self.assertEqual(3, sum(int((r.grad[..., 4] > 0).sum()) for r in raw))

    def test_a_network_that_says_what_its_teacher_says_has_nothing_to_learn(self):
        anchors = torch.tensor(ANCHORS, dtype=torch.float32)
        taught = [torch.randn(2, 3, n, n, 7, generator=torch.Generator().manual_seed(n)) for n in (8, 4, 2)]

        def slope(part, apart):
            raw = [t.clone() for t in taught]
            for r in raw:
                r[..., part] += apart
                r.requires_grad_()
            teacher_loss(raw, taught, anchors, 64).backward()
            return max(float(r.grad[..., part].abs().max()) for r in raw)
        for part in (slice(0, 4), slice(4, 5), slice(5, 7)):  # box, objectness, classes
            self.assertLess(slope(part, 0.0), 1e-5)
            self.assertGreater(slope(part, 1.0), 1e-4)

    def test_compression_keeps_flat_colours_and_takes_fine_detail_the_more_the_lower_its_quality(self):
        noise = torch.rand(2, 3, 16, 24, generator=torch.Generator().manual_seed(0)) * 255
        lost = [(jpeg.compressed(noise, torch.full((2,), quality)) - noise).abs().mean() for quality in (95.0, 50.0, 10.0)]
        self.assertTrue(0 < lost[0] < lost[1] < lost[2])
        flat = torch.tensor([200.0, 60, 30]).view(1, 3, 1, 1).expand(1, 3, 16, 16)
        self.assertLess(float((jpeg.compressed(flat, torch.tensor([50.0])) - flat).abs().max()), 3)

    def test_eyes_stay_as_they_are_and_are_not_kept_with_what_was_learned(self):
        model = Sighted()
        before = {k: v.clone() for k, v in model.state_dict().items()}
        optimizer = optimizer_for(model, 0.01, 0.0)
        sum(raw.pow(2).mean() for raw in model(torch.rand(2, 3, 64, 64))).backward()
        optimizer.step()
        changed = {k.split(".")[0] for k, v in model.state_dict().items() if not torch.equal(v, before[k])}
        self.assertFalse(changed & {"eyes", "whole"})
        self.assertIn("h10", changed)
        self.assertFalse([k for k in learned(model) if k.startswith("eyes.")])
        other = Sighted()
        other.eyes.load_state_dict(model.eyes.state_dict())
        images = torch.rand(1, 3, 64, 96)
        for own, again in zip(model.eval()(images), restore(other, learned(model)).eval()(images)):
            self.assertTrue(torch.equal(own, again))

    def test_the_faster_runtime_sees_what_pytorch_sees_and_quantized_nearly_the_same(self):
        eyes, images = ResNet(), torch.rand(2, 3, 64, 96)
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            for _, part in quantise.convolutions(eyes):  # as large as trained ones, so that every step counts
                part.weight.mul_(2)
                part.bias.uniform_(-0.5, 0.5)
            for ranges, tolerance in ((None, 1e-4), (quantise.measured(eyes, images.split(1)), 0.1)):
                try:
                    see = swift(eyes, Path(folder) / "eyes.onnx", ranges)
                except FileNotFoundError as e:
                    self.skipTest(str(e))
                for own, other in zip(eyes(images), see(images), strict=True):
                    error = float((own - other).pow(2).mean() / own.var()) ** 0.5
                    self.assertLess(error, tolerance)
                    self.assertEqual(ranges is not None, error > 1e-5)  # it is quantized

    def test_both_opinions_make_the_chance_of_the_best_box_and_the_others_stay_below_it_in_proportion(self):
        said = torch.rand(1, 20, 3, generator=torch.Generator().manual_seed(5))
        rows = Decoded(None, (0.5, 2.0, -1.0, 1.5)).chances(said, torch.tensor([[0.3, -0.7]]))
        before, after = (torch.logit(r[..., :1] * r[..., 1:]) for r in (said, rows))
        expected = 0.5 * before.amax(1) + 2 * torch.tensor([[0.3, -0.7]]) - 1
        self.assertLess(float((after.amax(1) - expected).abs().max()), 1e-4)
        self.assertLess(float(((after - after.amax(1, keepdim=True)) - 1.5 * (before - before.amax(1, keepdim=True))).abs().max()), 2e-3)
        self.assertTrue(bool((rows <= 1).all()))

    def test_the_second_opinion_finds_what_tells_the_photos_apart(self):
        inputs = torch.randn(2000, 8, generator=torch.Generator().manual_seed(0)) * torch.arange(1, 9)
        truth = (inputs[:, 2] > 1).float()
        weights, bias = whole.regression(inputs, truth, whole.balanced(truth), 0.001)
        self.assertEqual(2, int(weights.abs().argmax()))
        self.assertGreater(metrics.roc_auc(truth, (inputs @ weights + bias).numpy()), 0.999)

    def test_a_photo_is_letterboxed_as_the_product_does_it(self):
        class Photos:
            sizes, squares = torch.tensor([[96.0, 60.0]]), torch.full((1, 96, 96, 3), 200, dtype=torch.uint8)
        canvas = whole.letterboxed(Photos, 0, 64)
        self.assertEqual((1, 3, 64, 64), tuple(canvas.shape))
        inside = (canvas[0, 0] * 255 - 200).abs() < 0.01
        self.assertEqual((40, 12), (int(inside.any(1).sum()), int(inside.any(1).nonzero()[0])))

    def test_photos_with_one_dog_and_several_boxes_are_counted_and_those_that_lose_one(self):
        def photo(dogs, *scores):
            return {"true": [[0, 0, 1, 1]] * dogs, "scores": list(scores), "unknown": False}
        found = evaluate.counts([photo(1, 0.9), photo(1, 0.9, 0.6), photo(1, 0.9, 0.4), photo(2, 0.9, 0.4), photo(2, 0.9, 0.6), photo(0)], 0.5)
        self.assertEqual({"one_dog": 3, "with_more_boxes": 1, "several_dogs": 2, "with_fewer_boxes": 1}, found)

    def test_auc_counts_ties_half(self):
        self.assertEqual(0.75, metrics.roc_auc([True, True, False, False], [0.9, 0.5, 0.5, 0.5]))

    def test_the_threshold_lies_where_the_classes_part(self):
        scores = np.r_[np.linspace(0.6, 0.9, 50), np.linspace(0.1, 0.4, 50)]
        threshold, accuracy = metrics.best_threshold([True] * 50 + [False] * 50, scores)
        self.assertTrue(0.4 < threshold <= 0.6)
        self.assertEqual(1, accuracy)

    def test_precision_is_perfect_for_perfect_boxes_and_falls_with_a_better_scored_alarm(self):
        true, nothing = np.array([[10, 10, 50, 50.0]]), np.zeros((0, 4))
        perfect = [(true, true, np.array([0.9])), (nothing, nothing, np.zeros(0))]
        self.assertAlmostEqual(1, metrics.average_precision(perfect, 0.95))
        alarm = [perfect[0], (nothing, true, np.array([0.95]))]
        self.assertAlmostEqual(0.5, metrics.average_precision(alarm, 0.5))


class Way(unittest.TestCase):
    """From photos to a checked export; slow steps run once for all tests."""

    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.folder = tempfile.TemporaryDirectory()
        cls.data = Path(cls.folder.name)
        cls.labels = cls.data / "labels.jsonl"
        cls.labels.write_text("", encoding="utf-8")
        generate(cls.data)
        for part in ("train", "val"):
            quietly(prepare.pack, cls.data, prepare.part(cls.data, part, cls.labels), cls.data / part, 96)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_parts_share_no_source(self):
        self.assertEqual((105, 15), (len(Packed(self.data / "train")), len(Packed(self.data / "val"))))
        sources = [{row["source"] for row in prepare.part(self.data, part, self.labels)} for part in ("train", "val")]
        self.assertFalse(sources[0] & sources[1])

    def test_corrections_replace_boxes_and_drop_photos(self):
        rows, changes = prepare.part(self.data, "train", self.labels), self.data / "changes.jsonl"
        moved = {"file": rows[1]["file"], "boxes": {"dog": [[1, 2, 3, 4]]}}
        none = {"file": rows[2]["file"], "dog": False, "kind": "animal"}
        changes.write_text("\n".join(map(json.dumps, ({"file": rows[0]["file"], "drop": True}, moved, none))), encoding="utf-8")
        changed = prepare.relabel(rows, changes)
        self.assertEqual((len(rows) - 1, moved["boxes"]), (len(changed), changed[0]["boxes"]))
        self.assertEqual((False, {}, "animal"), tuple(changed[1][key] for key in ("contains_dog", "boxes", "kind")))
        self.assertEqual(rows[3:], changed[2:])

    def test_boxes_stay_on_what_they_box_through_all_augmentation(self):
        augmentation = Augmentation(mosaic=0.5, hue=0, saturation=0, grey=0, contrast=0, brightness=0, compressed=0, noisy=0, hidden=0)
        batches = Batches(Packed(self.data / "train"), augmentation, 32, 0)
        batches.side = 128
        batch = next(batches)
        self.assertGreater(len(batch["targets"]), 10)
        for sample, kind, x, y, w, h in batch["targets"].tolist():
            middle = batch["images"][int(sample), :, int(y), int(x)].float()
            self.assertFalse(batch["dogless"][int(sample)] and kind == 0)
            self.assertLess(float((middle * 255 - torch.tensor(list(COLOURS.values())[int(kind)])).abs().max()), 60)

    def test_photos_with_several_dogs_are_drawn_as_often_as_asked_for(self):
        packed = Packed(self.data / "train")
        packed.photos = [{"dog": True, "unknown": False, "kind": "dog", "boxes": [[0, 0, 0, 9, 9]] * (1 + number % 2)} for number in range(len(packed))]
        chances = Batches(packed, Augmentation(several=3), 1, 0).any
        self.assertAlmostEqual(3, float(chances[1] / chances[0]))

    def test_photos_whose_dogs_are_not_boxed_are_never_cut_into_mosaics(self):
        packed = Packed(self.data / "train")
        for photo in packed.photos:
            photo["unknown"] = photo["dog"] and photo["file"] > "train/000060"
        whole, mosaic = (next(Batches(packed, Augmentation(mosaic=share), 64, 0)) for share in (0, 1))
        self.assertTrue(0 < whole["known"].sum() < 64)
        self.assertEqual(64, int(mosaic["known"].sum()))

    def test_the_loss_falls(self):
        batches = Batches(Packed(self.data / "train"), Augmentation(mosaic=0.3), 16, 0)
        batches.side, model, losses = 64, Yolo(width=0.5), []
        optimizer = torch.optim.SGD(model.parameters(), 0.1, 0.9, nesterov=True)
        for _ in range(40):
            batch = next(batches)
            found = matches(batch["targets"], model.anchors, [(n, n) for n in (8, 4, 2)])
            loss, _ = total_loss(model(batch["images"]), batch, found, model.anchors, Weights(), 64)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        self.assertLess(np.mean(losses[-5:]), 0.85 * np.mean(losses[:5]))

    def test_training_goes_on_after_a_stop_and_exports(self):
        run = self.data / "run"
        torch.save(train.half(Yolo(width=0.5)), self.data / "teacher.pt")
        common = ["--packed", self.data, "--out", run]
        quietly(train.main, [*map(str, common), *"--minutes 0.1 --stop-after 0.03 --sizes 0:64 --batch 8 --width 0.5 --teacher-width 0.5 --teacher".split(),
                             str(self.data / "teacher.pt")])
        before = torch.load(run / "state.pt", **train.trusting())
        quietly(train.main, [*map(str, common), "--resume"])
        after = torch.load(run / "state.pt", **train.trusting())
        self.assertGreater(before["step"], 0)
        self.assertGreater(after["step"], before["step"])
        self.assertGreaterEqual(after["seconds"], 6)
        self.assertEqual(2, len((run / "log.jsonl").read_text().splitlines()))
        self.export(run / "last.pt", Path(keep) if keep else self.data)

    def export(self, weights, out):
        try:
            onnx_runtime.session(__file__)
        except FileNotFoundError as e:
            self.skipTest(str(e))
        except Exception:
            pass  # there is a runtime, but this file is not a model
        quietly(export.main, [str(weights), "--width", "0.5", "--imgsz", "96", "--out", str(out / "smoke.onnx"), "--data", str(self.data)])
        picture = Image.open(self.data / "train" / "000000.webp").convert("RGB")
        picture.save(out / "smoke.png")
        images = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            rows = Decoded(load(weights, width=0.5).eval())(images)[0]
        (out / "smoke.txt").write_text(repr(float((rows[:, 4] * rows[:, 5]).max())), encoding="utf-8")


keep = None  # the given folder

if __name__ == "__main__":
    keep = sys.argv.pop() if not sys.argv[-1].startswith("-") and len(sys.argv) > 1 else None
    unittest.main(verbosity=2)
