"""State dict → ONNX in the form that the product reads, checked against PyTorch in ONNX Runtime.

    python3 export.py ../../dogs-training/detector.pt --calibration A B C --out ../../dogs-training/dog-resnet18.onnx

Several state dicts of one width are averaged: runs from the same start end in one basin (model soups, Wortsman et al., 2022).
"""

import argparse
import hashlib
import inspect
import json
import math
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

import onnx_runtime
import quantise
from model import Conv, Decoded, Sighted, load
from prepare import CLASSES, ROOT, data_hash

OPSET = 17
SHAPES = ((1, 256, 256), (1, 192, 256), (2, 320, 224))  # batch, height, width
LARGE = 4096  # weights with at least this many numbers are stored in half precision
TOLERANCE = 1e-4  # of scores, and of boxes relative to the input's longer side


def averaged(paths, **options):
    """The model with the mean of the given weights."""
    models = [load(path, **options) for path in paths]
    states = [model.state_dict() for model in models]
    models[0].load_state_dict({k: torch.stack([s[k].float() for s in states]).mean(0).to(v.dtype) for k, v in states[0].items()})
    return models[0].eval()


def fold(model):
    """Folds each normalisation into the convolution before it: the same function with half the operators."""
    for block in [m for m in model.modules() if isinstance(m, Conv)]:
        block.c, block.b = nn.utils.fuse_conv_bn_eval(block.c, block.b), nn.Identity()
    return model


def rounded(model):
    """Rounds what halved() will store in half precision, so that PyTorch computes with the same numbers."""
    for parameter in model.parameters():
        if parameter.numel() >= LARGE:
            parameter.data = parameter.data.half().float()
    return model


def halved(graph):
    """Stores large weights in half precision: half the bytes. A runtime widens them once, when it loads the model."""
    for tensor in [t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT and math.prod(t.dims) >= LARGE]:
        stored, wide = onnx.numpy_helper.to_array(tensor).astype(np.float16), tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(stored, f"{wide}.half"))
        graph.node.insert(0, onnx.helper.make_node("Cast", [tensor.name], [wide], to=onnx.TensorProto.FLOAT))


def export(model, out, metadata, ranges=None):
    """Writes the model (Decoded) with dynamic batch, height and width; with ranges, its eyes are quantized with them."""
    options = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(
        model, torch.zeros(1, 3, 256, 256), str(out), opset_version=OPSET, input_names=["images"], output_names=["output0"],
        dynamic_axes={"images": {0: "batch", 2: "height", 3: "width"}, "output0": {0: "batch", 1: "anchors"}}, **options)
    graph = onnx.load(str(out))
    if ranges:
        quantise.quantise(graph.graph, ranges)
    halved(graph.graph)
    for key, value in metadata.items():
        graph.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(graph)
    onnx.save(graph, str(out))


def differences(model, path):
    """The largest differences between ONNX Runtime and PyTorch on noise of three shapes: of boxes, relative to the longer side, and of scores."""
    run, worst, rng = onnx_runtime.session(path), np.zeros(2), np.random.default_rng(0)
    for n, h, w in SHAPES:
        images = rng.random((n, 3, h, w), np.float32)
        with torch.no_grad():
            expected = model(torch.from_numpy(images)).numpy()
        found = run(images)
        if found.shape != expected.shape:
            raise ValueError(f"{found.shape} instead of {expected.shape} for an input of {images.shape}")
        boxes, scores = (np.abs(part(found) - part(expected)).max() for part in (lambda r: r[..., :4] / max(h, w), lambda r: r[..., 4:5] * r[..., 5:]))
        worst = np.maximum(worst, (boxes, scores))
    return worst


def metadata(name, imgsz, threshold, seen):
    """What ClassNames.cs and ModelSession.cs read, in YOLOv5's own form, and a hash of the training data."""
    return {
        "names": str(dict(enumerate(CLASSES))), "stride": "32", "imgsz": str([imgsz, imgsz]), "task": "detect", "name": name,
        "threshold": f"{threshold:.4g}", "date": time.strftime("%Y-%m-%d", time.gmtime()), "data-hash": seen,
    }


def card(path, about, version, architecture):
    """Writes the machine-readable card beside the model; its accuracy is in reports/."""
    content = {
        "name": about["name"], "version": version, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "architecture": f"{architecture}, {len(CLASSES)} classes, floats stored in fp16, ONNX opset {OPSET}", "classes": list(CLASSES),
        "threshold": float(about["threshold"]), "input_size": json.loads(about["imgsz"])[0], "stride": 32, "data_hash": about["data-hash"],
        "licence": "see models/LICENSE.md: research and evaluation; many training photos state no licence",
    }
    path.with_suffix(".json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", default="dog-resnet18")
    parser.add_argument("--version", default="4")
    parser.add_argument("--imgsz", type=int, default=224, help="longer side in pixels that the product uses")
    parser.add_argument("--calibration", type=float, nargs=3, help="scale, weight and shift that whole.py said; without, scores are the detector's alone")
    parser.add_argument("--apart", type=float, default=1.75, help="with a calibration, how many times as far below the best box of a photo the others are put as the detector has them")
    parser.add_argument("--threshold", type=float, default=0.5, help="what evaluate.py --choose-threshold said")
    parser.add_argument("--single", action="store_true", help="leave the eyes in single precision")
    parser.add_argument("--width", type=float, default=1)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "dogs", help="for the hash of what it was trained on")
    args = parser.parse_args(argv)
    averages = averaged(args.weights, width=args.width)
    quantized = isinstance(averages, Sighted) and not args.single
    architecture = f"YOLOv5's head on a ResNet-18{' quantized to int8' if quantized else ''}" if isinstance(averages, Sighted) else "YOLOv5"
    model = Decoded(rounded(fold(averages)), (*args.calibration, args.apart) if args.calibration else None).eval()
    about = metadata(args.name, args.imgsz, args.threshold, data_hash(args.data))
    export(model, args.out, about)
    boxes, scores = differences(model, args.out)
    if max(boxes, scores) > TOLERANCE:
        raise ValueError(f"differs from PyTorch: boxes by {boxes:.2g} of the longer side, scores by {scores:.2g}")
    if quantized:  # evaluate.py shows the effect on photos
        export(model, args.out, about, quantise.load())
        _, scores = differences(model, args.out)
    card(args.out, about, args.version, architecture)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB; differs from PyTorch by {scores:.1e} in scores")


if __name__ == "__main__":
    main()
