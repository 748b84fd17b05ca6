"""The eyes, a pretrained backbone: a ResNet-18 that Microsoft trained on ImageNet, read from the ONNX file of a NuGet package.

    dotnet package download Microsoft.ML.DnnImageFeaturizer.ResNet18@0.23.1 --output ../../dogs-training/package

The package (MIT) holds ResNet18.onnx, 224 x 224 pixels → 512 pooled features, and ResNetPreprocess.onnx, which converts RGB to
BGR and subtracts a mean picture. Here it is the network of the paper (He et al., 2016, table 1) for any input size, with a third block
in its last stage, as in the file, and one mean per channel instead of a picture.
"""

import copy
import math
import os
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

import onnx_runtime
from prepare import ROOT
from quantise import quantise

PACKAGE = ROOT.parent / "dogs-training" / "package"
CHANNELS = (64, 128, 256, 512)
BLOCKS = (2, 2, 2, 3)  # of each stage, as in the file
MEAN = (123.15163, 115.902885, 103.06262)  # R, G, B of ResNetPreprocess.onnx's mean picture, on average


class Block(nn.Module):
    """Two 3x3 convolutions, added to their input; the first and the shortcut halve the picture if `stride` is 2."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.one = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.two = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.around = nn.Conv2d(inputs, outputs, 1, stride) if inputs != outputs else nn.Identity()

    def forward(self, x):
        return torch.relu(self.two(torch.relu(self.one(x))) + self.around(x))


class ResNet(nn.Module):
    """[N, 3, H, W], RGB 0-1 → the output of its last three stages, at strides 8, 16 and 32: 128, 256 and 512 channels.

    All weights are frozen. Normalisation is folded into the convolutions.
    """

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, CHANNELS[0], 7, 2, 3)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.stages = nn.ModuleList()
        for inputs, channels, blocks in zip((CHANNELS[0], *CHANNELS), CHANNELS, BLOCKS):
            ends = [Block(channels, channels, 1) for _ in range(blocks - 1)]
            self.stages.append(nn.Sequential(Block(inputs, channels, 1 if inputs == channels else 2), *ends))
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1) / 255)
        self.requires_grad_(False)

    def forward(self, x):
        x, seen = self.pool(torch.relu(self.first(x - self.mean))), []
        for stage in self.stages:
            x = stage(x)
            seen.append(x)
        return seen[1:]


def convolutions(path):
    """Weight and bias of each convolution, in the file's order, with the normalisation after it folded in."""
    graph = onnx.load(str(path)).graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    behind = {node.input[0]: node for node in graph.node if node.op_type == "BatchNormalization"}
    for node in graph.node:
        if node.op_type == "Conv":
            norm = behind[node.output[0]]
            scale, shift, mean, variance = (values[name] for name in norm.input[1:])
            epsilon = next(a.f for a in norm.attribute if a.name == "epsilon")
            factor = scale / np.sqrt(variance + epsilon)
            yield torch.from_numpy(values[node.input[1]] * factor[:, None, None, None]), torch.from_numpy(shift - mean * factor)


def pretrained(package=PACKAGE):
    """The network with the package's weights. Raises FileNotFoundError if the package is missing."""
    files = sorted(Path(package).rglob("ResNet18.onnx"))
    if not files:
        raise FileNotFoundError(f"No ResNet18.onnx under {package}: training/README.md says how to get it.")
    found, model = convolutions(files[0]), ResNet()
    with torch.no_grad():
        weight, bias = next(found)
        model.first.weight.copy_(weight.flip(1) * 255)  # the file expects BGR, 0-255
        model.first.bias.copy_(bias)
        for block in (block for stage in model.stages for block in stage):
            # The file has a block's shortcut first.
            for own in ([block.around] if isinstance(block.around, nn.Conv2d) else []) + [block.one, block.two]:
                weight, bias = next(found)
                own.weight.copy_(weight)
                own.bias.copy_(bias)
    return model


class Flat(nn.Module):
    """All features of the eyes in one row per picture, since onnx_runtime.py reads only one output."""

    def __init__(self, eyes):
        super().__init__()
        self.eyes = eyes

    def forward(self, images):
        return torch.cat([seen.flatten(1) for seen in self.eyes(images)], 1)


def swift(eyes, path, ranges=None):
    """The eyes in ONNX Runtime on all cores of this machine, which is faster than PyTorch; writes the model to `path`.

    With the ranges that quantise.py measured they are quantized, as in the exported detector (which rounds them to half precision first).
    """
    flat = Flat(copy.deepcopy(eyes)).to(memory_format=torch.contiguous_format)
    torch.onnx.export(flat, torch.zeros(1, 3, 64, 64), str(path), opset_version=17, input_names=["images"], output_names=["output0"],
                      dynamic_axes={"images": {0: "batch", 2: "height", 3: "width"}, "output0": {0: "batch", 1: "seen"}})
    if ranges:
        model = onnx.load(str(path))
        quantise(model.graph, ranges)
        onnx.save(model, str(path))
    run = onnx_runtime.session(path, len(os.sched_getaffinity(0)))

    def see(images):
        n, _, h, w = images.shape
        shapes = [(channels, h // stride, w // stride) for channels, stride in zip(CHANNELS[1:], (8, 16, 32))]
        rows = torch.from_numpy(run(images.contiguous().numpy()))
        return [part.view(n, *shape) for part, shape in zip(rows.split([math.prod(shape) for shape in shapes], 1), shapes)]
    return see
