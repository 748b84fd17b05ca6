"""Evaluates a model with the product's own `predict` command.

    python3 evaluate.py --part val --choose-threshold          before release: the threshold
    python3 evaluate.py --part eval                            once, at the end

Writes reports/MODEL-PART.json with every figure, and in --work the answer for each photo (read by plot.py). The threshold
is the card's unless --threshold or --choose-threshold is given. Photos are those of prepare.py's parts.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from metrics import average_precision, best_threshold, calibration, roc_auc
from prepare import ROOT, part

WORKER = ROOT / "ImagePrediction.Worker/bin/Release/net10.0/ImagePrediction.Worker.dll"
REPORTS = ROOT / "training" / "reports"
LOWEST = 0.005  # lowest score of requested boxes: average precision needs the poor ones too
RECORDED = 200  # photos whose scores are shipped with a release
CHUNK = 2000  # photos per command line, whose length is limited


def predict(model, files):
    """One answer per photo, in the order of files, from `predict` on a copy of the model whose card lets nearly every box pass."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.onnx"
        shutil.copyfile(model, copy)
        sha256 = hashlib.sha256(copy.read_bytes()).hexdigest()
        copy.with_suffix(".json").write_text(json.dumps({"sha256": sha256, "threshold": LOWEST}), encoding="utf-8")
        for at in range(0, len(files), CHUNK):
            command = ["dotnet", str(WORKER), "predict", *map(str, files[at:at + CHUNK]), "--model", str(copy)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=folder)
            yield from map(json.loads, done.stdout.splitlines())


def answer(row, said):
    """A photo with its labels and the prediction; boxes as corners in pixels."""
    dogs = [d for d in said["detections"] if d["label"] == "dog"]
    return {
        "file": row["file"], "kind": row["kind"], "how": row["how"], "source": row["source"], "dog": row["contains_dog"],
        "true": row["boxes"].get("dog", []), "unknown": row.get("boxes_unknown", False), "confidence": said["confidence"],
        "found": [[d["box"]["x"], d["box"]["y"], d["box"]["x"] + d["box"]["width"], d["box"]["y"] + d["box"]["height"]] for d in dogs],
        "scores": [d["confidence"] for d in dogs], "inference_ms": said["inference_ms"],
    }


def box_figures(answers):
    """AP of dog boxes over photos whose boxes are known."""
    photos = [(np.array(a["true"], float).reshape(-1, 4), np.array(a["found"], float).reshape(-1, 4), np.array(a["scores"], float))
              for a in answers if not a["unknown"]]
    each = [average_precision(photos, minimum) for minimum in np.arange(0.5, 0.96, 0.05)]
    dogs = sum(len(true) for true, _, _ in photos)
    return {"photos": len(photos), "dogs": dogs, "ap50": round(each[0], 4), "ap50_95": round(float(np.mean(each)), 4)}


def counts(answers, threshold):
    """One dog, one box: photos with one boxed dog that get more boxes, and photos with several that get fewer."""
    known = [(len(a["true"]), sum(s >= threshold for s in a["scores"])) for a in answers if a["true"] and not a["unknown"]]
    one, several = [found for true, found in known if true == 1], [(true, found) for true, found in known if true > 1]
    return {"one_dog": len(one), "with_more_boxes": sum(found > 1 for found in one), "several_dogs": len(several),
            "with_fewer_boxes": sum(found < true for true, found in several)}


def image_figures(answers, threshold):
    """How often the verdict is right. `contains_dog` is true when a box of class dog reaches the threshold."""
    truth = np.array([a["dog"] for a in answers])
    score = np.array([a["confidence"] for a in answers])
    verdict = np.array([max(a["scores"], default=0.0) >= threshold for a in answers])
    hits = int((verdict & truth).sum())
    recall, specificity = hits / max(1, truth.sum()), float((~verdict & ~truth).sum() / max(1, (~truth).sum()))
    return {
        "photos": len(answers), "with_dog": int(truth.sum()), "threshold": round(threshold, 4),
        "accuracy": round(float((verdict == truth).mean()), 4), "balanced_accuracy": round((recall + specificity) / 2, 4),
        "recall": round(recall, 4), "precision": round(hits / max(1, int(verdict.sum())), 4),
        "roc_auc": round(roc_auc(truth, score), 4), "ece": round(calibration(truth, score)[0], 4),
        "confusion": {"true_positive": hits, "false_negative": int((truth & ~verdict).sum()),
                      "false_positive": int((verdict & ~truth).sum()), "true_negative": int((~verdict & ~truth).sum())},
        "without_dog": by_kind(answers, verdict),
    }


def by_kind(answers, verdict):
    """Photos without a dog, by kind: number, number called a dog, and share that was right."""
    kinds = sorted({a["kind"] for a in answers if not a["dog"]})
    rows = {}
    for kind in kinds:
        called = [bool(v) for a, v in zip(answers, verdict) if not a["dog"] and a["kind"] == kind]
        rows[kind] = {"photos": len(called), "called_dog": sum(called), "right": round(1 - sum(called) / len(called), 4)}
    return rows


def figures(answers, threshold):
    annotated = [a for a in answers if a["how"] == "annotated"]
    return {
        **image_figures(answers, threshold), "boxes_all": box_figures(answers),
        "boxes_a_photo": counts(answers, threshold),
        "boxes_annotated": box_figures(annotated) if annotated else None,
        "median_inference_ms": round(float(np.median([a["inference_ms"] for a in answers])), 2),
    }


def record(answers, threshold, path):
    """Writes the model's answers for 200 photos, spread over the part: a test compares every later build with them."""
    rows = [answers[i * len(answers) // RECORDED] for i in range(RECORDED)]
    lines = (f"{a['file']}\t{a['confidence']:.5f}\t{'dog' if max(a['scores'], default=0.0) >= threshold else 'none'}\n" for a in rows)
    path.write_text("".join(lines), encoding="utf-8")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "dog-resnet18.onnx")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "dogs")
    parser.add_argument("--part", choices=("val", "train", "eval"), default="val")
    parser.add_argument("--work", type=Path, default=ROOT.parent / "dogs-training", help="folder outside the repository")
    parser.add_argument("--reports", type=Path, default=REPORTS)
    parser.add_argument("--every", type=int, default=1, help="only every k-th photo")
    parser.add_argument("--threshold", type=float)
    parser.add_argument("--choose-threshold", action="store_true", help="the best one on this part, which may not be eval")
    parser.add_argument("--record", action="store_true", help="write the scores of 200 photos of val beside the model, for the product's test")
    args = parser.parse_args(argv)
    if args.record and (args.part, args.every) != ("val", 1):
        parser.error("Scores are recorded on all of val.")
    if args.choose_threshold and args.part == "eval":
        parser.error("A threshold that is chosen on eval makes eval's figures worthless.")
    if not WORKER.exists():
        parser.error("Build the worker first: dotnet build -c Release ImagePrediction.Worker")
    rows = part(args.data, args.part)[::args.every]
    said = predict(args.model, [(args.data / row["file"]).resolve() for row in rows])
    answers = [answer(row, line) for row, line in zip(rows, said)]
    threshold = args.threshold
    if args.choose_threshold:
        threshold, _ = best_threshold([a["dog"] for a in answers], [max(a["scores"], default=0.0) for a in answers])
    elif threshold is None:
        threshold = json.loads(args.model.with_suffix(".json").read_text(encoding="utf-8"))["threshold"]
    sha256 = hashlib.sha256(args.model.read_bytes()).hexdigest()
    report = {"model": args.model.stem, "sha256": sha256, "part": args.part, **figures(answers, threshold)}
    args.work.mkdir(parents=True, exist_ok=True)
    args.reports.mkdir(parents=True, exist_ok=True)
    if args.record:
        record(answers, threshold, args.model.with_suffix(".scores.tsv"))
    name = f"{args.model.stem}-{args.part}"
    (args.work / f"{name}.jsonl").write_text("".join(json.dumps(a) + "\n" for a in answers), encoding="utf-8")
    (args.reports / f"{name}.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
