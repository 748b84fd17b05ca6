"""Quantizes the eyes to 8-bit integers: half the time, nearly the same answers.

    python3 quantise.py             measures the range of each of their activations → eyes-ranges.json

Post-training quantization (Jacob et al., 2018; Krishnamoorthi, 2018): activations are unsigned, with one scale per tensor, from the lowest
and highest values on a few hundred train photos, without those of the most extreme photos; weights are signed, with one scale per
channel. Weights use seven bits, since processors with AVX2 but without VNNI add two products in sixteen bits, and larger sums
would saturate. In the ONNX file each quantized tensor is between QuantizeLinear and DequantizeLinear, which a runtime merges into
integer convolutions.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from onnx import helper, numpy_helper
from torch import nn

from prepare import ROOT

RANGES = Path(__file__).with_name("eyes-ranges.json")
LEVELS = 255  # between the lowest and the highest value of an activation
LARGEST = 63  # of a weight
WITHIN = 0.9  # share of photos whose extreme is inside the range, at either end; with 0.7 and 1 errors are a few per cent larger
ROUNDED = ".rounded"  # suffix for the name of a tensor: the same after quantization


def convolutions(eyes):
    """(name, convolution) of each; the input of `first` is the picture without its mean, that of the others a block's or convolution's output."""
    return [(name, part) for name, part in eyes.named_modules() if isinstance(part, nn.Conv2d)]


@torch.no_grad()
def measured(eyes, pictures):
    """The range of values at each place that quantise() rounds, over pictures [1, 3, H, W]: {name: (low, high)}.

    One picture in ten exceeds each end. A convolution's or block's name stands for its output, after its ReLU if one follows; `picture` for the network's input.
    """
    found = {}

    def see(name, values):
        found.setdefault(name, []).append((float(values.min()), float(values.max())))
    hooks = [eyes.first.register_forward_pre_hook(lambda _, inputs: see("picture", inputs[0]))]
    for name, part in convolutions(eyes):
        rectified = name == "first" or name.endswith(".one")
        hooks.append(part.register_forward_hook(lambda _, i, out, name=name, rectified=rectified: see(name, out.relu() if rectified else out)))
    for number, stage in enumerate(eyes.stages):
        for place, block in enumerate(stage):
            hooks.append(block.register_forward_hook(lambda _, i, out, name=f"stages.{number}.{place}": see(name, out)))
    for picture in pictures:
        eyes(picture)
    for hook in hooks:
        hook.remove()
    return {name: (min(0, np.quantile(ends, 1 - WITHIN, axis=0)[0]), np.quantile(ends, WITHIN, axis=0)[1]) for name, ends in found.items()}


def load(path=RANGES):
    return json.loads(path.read_text(encoding="utf-8"))


class Graph:
    """An ONNX graph that is being quantized."""

    def __init__(self, graph):
        self.graph = graph
        self.stored = {tensor.name: tensor for tensor in graph.initializer}
        self.readers = {}
        for node in graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        self.steps = {}  # by the tensor that they quantize

    def constant(self, name, values):
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def replace(self, old, new):
        for node in self.readers[old]:
            node.input[:] = [new if name == old else name for name in node.input]

    def rectified(self, tensor):
        """The tensor, or the output of a ReLU if that is its only reader."""
        readers = self.readers[tensor]
        return readers[0].output[0] if [node.op_type for node in readers] == ["Relu"] else tensor

    def activation(self, tensor, low, high):
        """Has all readers of a tensor read it quantized to 256 steps from low to high, one of which is zero."""
        scale = np.float32((high - low) / LEVELS)
        about = [self.constant(f"{tensor}.scale", scale), self.constant(f"{tensor}.zero", np.uint8(round(-low / scale)))]
        self.replace(tensor, tensor + ROUNDED)
        self.steps[tensor] = [helper.make_node("QuantizeLinear", [tensor, *about], [f"{tensor}.whole"]),
                              helper.make_node("DequantizeLinear", [f"{tensor}.whole", *about], [tensor + ROUNDED])]
        return scale

    def parameter(self, name, values, scale, kind):
        """Stores a convolution's weights or biases as integers of `kind`, each channel a multiple of its own scale."""
        whole = np.rint(values / scale.reshape(-1, *[1] * (values.ndim - 1))).astype(kind)
        about = [self.constant(f"{name}.scale", scale), self.constant(f"{name}.zero", np.zeros(len(scale), kind))]
        self.graph.initializer.remove(self.stored[name])
        self.replace(name, name + ROUNDED)
        step = helper.make_node("DequantizeLinear", [self.constant(f"{name}.whole", whole), *about], [name + ROUNDED], axis=0)
        self.graph.node.insert(0, step)


def quantise(graph, ranges):
    """Quantizes the convolutions of the eyes in an exported graph, and nothing else in it, with the ranges that measured() found."""
    work, scales = Graph(graph), {}

    def activation(tensor, name):
        if tensor not in scales:
            scales[tensor] = work.activation(tensor, *ranges[name])
    for node in [node for node in graph.node if node.op_type == "Conv" and "eyes." in node.input[1]]:
        weights, biases = node.input[1:]
        name, result = weights.split("eyes.")[1].removesuffix(".weight"), work.rectified(node.output[0])
        if name == "first":
            activation(node.input[0], "picture")
            activation(work.readers[result][0].output[0], "first")  # its maximum over 3x3 has the same range
        activation(result, name)
        for reader in work.readers[node.output[0]]:
            if reader.op_type == "Add":
                activation(work.rectified(reader.output[0]), name.rpartition(".")[0])
        weight, bias = (numpy_helper.to_array(work.stored[part]) for part in (weights, biases))
        scale = (np.abs(weight).max((1, 2, 3)) / LARGEST + 1e-12).astype(np.float32)
        work.parameter(weights, weight, scale, np.int8)
        work.parameter(biases, bias, scale * scales[node.input[0].removesuffix(ROUNDED)], np.int32)
    nodes = [step for node in graph.node for step in (node, *(step for name in node.output for step in work.steps.get(name, ())))]
    del graph.node[:]
    graph.node.extend(nodes)


def main():
    from data import Packed
    from resnet import pretrained
    from whole import letterboxed
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--packed", type=Path, default=ROOT.parent / "dogs-training", help="what prepare.py wrote")
    parser.add_argument("--side", type=int, default=224, help="of the input, in pixels")
    parser.add_argument("--photos", type=int, default=300)
    args = parser.parse_args()
    train = Packed(args.packed / "train")
    numbers = np.random.default_rng(0).choice(len(train), args.photos, replace=False)
    found = measured(pretrained(), (letterboxed(train, int(number), args.side) for number in numbers))
    lines = (f'  "{name}": [{low:.5g}, {high:.5g}]' for name, (low, high) in found.items())
    RANGES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{RANGES}: {len(found)} ranges, from {len(numbers)} photos at {args.side} px")


if __name__ == "__main__":
    main()
