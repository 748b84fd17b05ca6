"""Photos → packed arrays: every photo in its own square, in one file, and an index.

    python3 prepare.py --data ../shared/dogs --out ../dogs-training

writes, for the parts train and val, PART.u8 (RGB bytes [N, side, side, 3], each photo in the upper left corner of its
square) and PART.json (one entry per photo: width, height, boxes and other labels). Training maps the file into memory
or copies it to the GPU as it is. `--tars` instead writes the original photos, with their lists, as tar files
of at most 50 MiB to be transferred to another machine, unpacked and prepared there.
"""

import argparse
import hashlib
import io
import json
import multiprocessing
import tarfile
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
CLASSES = ("dog", "cat")

# The validation part: sources that are not trained on. A random split would share a source's look (size, camera, cropping)
# between both parts and flatter the model; evaluation is on unseen sources, so validation must be too. Together 12 % of the
# photos, a third of them with a dog. As far as is known, none is from ImageNet, which the eyes of resnet.py have seen.
VALIDATION = {
    # With dogs (some have other animals too)
    "dmgorshenin/laba1": "web search for dogs and for cats",
    "quantumnaan/sic_translator": "Flickr8k: people, and smaller dogs in everyday scenes",
    "pavan555/DeepLearning4OpenCV": "dogs, pandas",
    "usamaikram228/machineLearning_neural_network_SingleLayer": "dogs, and other animals that its labels call dogs",
    "herene/animals_pictures_classification": "dogs, cats, sheep, monkeys, horses, elephants",
    "prabalJain1998/Pytorch-Learning": "golden retrievers",
    "ShuaihengXiao/cat-and-dog": "dogs that fill the picture",
    "Elizaveta2000/websitedog": "web site with dogs",
    "caltamura1/dogs": "web site with dogs",
    "Tech-Made/Canine-Club-Chicago": "web site: dogs and their people",
    "RamirezJM/MundoAnimal": "web site: pets",
    "Desmond213/FurEverCare": "web site: a shelter",
    "ahffron22/family_album.github.io": "a family's photos",
    "iziroksi/zanimals": "web site: all sorts of animals",
    # Without dogs, and hard
    "tkddnjs-dlqslek/ScaryButCute": "capybaras, ferrets, foxes, red pandas, snow leopards, cats; a few dogs",
    "experiencor/kangaroo": "kangaroos",
    "evgen-ryzhkov/animals_keras_transfer_learning": "lions, horses, cats",
    "y-arjun-y/bears": "bears and teddy bears",
    "DanilSukach/5lab": "leopards and tigers",
    "KayozDMistry/Crochet": "crochet toys",
    "bhachauk/reality_of_one_shot_learning": "faces",
    "JasonYebra/j3anderikaWedding": "a wedding",
    "jack8881/moments": "web site: people",
    "FrancisNjuguna/stellaorre": "web site: mixed photos",
    "ColaChanel/Canteen-food-dataset": "food",
}

LABELS = Path(__file__).resolve().parent / "labels.jsonl"
TAR_BYTES = 50 << 20


def read(data, split):
    """The lines of train.jsonl or eval.jsonl."""
    with open(Path(data) / f"{split}.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def part(data, name, labels=LABELS):
    """The lines of a part: train, val (both cut from train.jsonl by source, and corrected) or eval."""
    if name == "eval":
        return read(data, "eval")
    return [row for row in relabel(read(data, "train"), labels) if (row["source"] in VALIDATION) == (name == "val")]


def data_hash(data):
    """SHA-256 of train.jsonl: identifies the photos and labels that a model was trained on."""
    return hashlib.sha256((Path(data) / "train.jsonl").read_bytes()).hexdigest()


def entry(row, width, height):
    """The index entry of a photo. Boxes are [class, x1, y1, x2, y2] in pixels of the packed photo."""
    fx, fy = width / row["width"], height / row["height"]
    return {
        "file": row["file"], "kind": row["kind"], "width": width, "height": height,
        "dog": row["contains_dog"], "unknown": row.get("boxes_unknown", False),
        "boxes": [[c, round(x1 * fx, 1), round(y1 * fy, 1), round(x2 * fx, 1), round(y2 * fy, 1)]
                  for c, name in enumerate(CLASSES) for x1, y1, x2, y2 in row["boxes"].get(name, [])],
    }


def square(path, side):
    """A photo as RGB [side, side, 3] uint8, in the upper left corner, never enlarged; and its width and height there."""
    with Image.open(path) as photo:
        photo = photo.convert("RGB")
        scale = side / max(photo.size)
        if scale < 1:
            photo = photo.resize([max(1, round(s * scale)) for s in photo.size], Image.BICUBIC)
    canvas = Image.new("RGB", (side, side))
    canvas.paste(photo)
    return np.asarray(canvas), *photo.size


def relabel(rows, path):
    """Applies a list of corrections: {"file", "drop": true} leaves a photo out, {"file", "boxes": …} replaces its boxes,
    {"file", "dog": false, "kind": …} says that there is no dog."""
    changes = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        change = json.loads(line)
        changes[change["file"]] = change
    return [corrected(row, changes.get(row["file"], {})) for row in rows if not changes.get(row["file"], {}).get("drop")]


def corrected(row, change):
    if change.get("dog") is False:
        return {**row, "contains_dog": False, "boxes": {}, "boxes_unknown": False, "kind": change["kind"]}
    return {**row, "boxes": change.get("boxes", row["boxes"])}


def pack(data, rows, out, side):
    """Writes out.u8 and out.json."""
    index, files = [], [Path(data) / row["file"] for row in rows]
    with open(out.with_suffix(".u8"), "wb") as blob, multiprocessing.Pool() as pool:
        squares = pool.imap(partial(square, side=side), files, chunksize=16)
        for done, (row, (pixels, width, height)) in enumerate(zip(rows, squares), 1):
            index.append(entry(row, width, height))
            blob.write(pixels)
            if done % 1000 == 0 or done == len(rows):
                print(f"\r{out.name}: {done} of {len(rows)} photos", end="", flush=True)
    print()
    out.with_suffix(".json").write_text(json.dumps({"data_hash": data_hash(data), "side": side, "photos": index}), encoding="utf-8")


def tars(data, out):
    """The train photos and their list as photos-NN.tar, each of at most 50 MiB."""
    files = [Path(data) / "train.jsonl", *(Path(data) / row["file"] for row in read(data, "train"))]
    number, room, tar = -1, 0, None
    for file in files:
        content = file.read_bytes()
        need = 512 + (len(content) + 511) // 512 * 512
        if need > room:
            if tar:
                tar.close()
            number, room = number + 1, TAR_BYTES
            tar = tarfile.open(out / f"photos-{number:02}.tar", "w", format=tarfile.USTAR_FORMAT)
        room -= need
        info = tarfile.TarInfo(str(file.relative_to(data)))
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    tar.close()
    print(f"{len(files) - 1} photos in {number + 1} tar files in {out}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "dogs", help="folder with train.jsonl and photos")
    parser.add_argument("--out", type=Path, default=ROOT.parent / "dogs-training", help="folder outside the repository")
    parser.add_argument("--size", type=int, default=256, help="longer side in pixels at most (the photos have 256)")
    parser.add_argument("--labels", type=Path, default=LABELS, help="JSON lines of corrections, see relabel()")
    parser.add_argument("--tars", action="store_true", help="write tar files to carry instead of arrays")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.tars:
        tars(args.data, args.out)
        return
    for name in ("train", "val"):
        pack(args.data, part(args.data, name, args.labels), args.out / name, args.size)


if __name__ == "__main__":
    main()
