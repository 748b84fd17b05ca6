"""Draws charts of evaluate.py's results as SVG into reports/, and lists the worst mistakes.

    python3 plot.py --part val

reports/NAME.svg holds the ROC curve, precision over recall and reliability; reports/NAME-mistakes.md the worst mistakes
by file. The page that shows them, NAME-mistakes.html, is written to --work: photos stay out of the repository.
"""

import argparse
import html
import json
from pathlib import Path

import numpy as np

from metrics import calibration, curves, roc_auc
from prepare import ROOT

SIDE, MARGIN = 300, 46  # of a chart, in SVG units
INK, LINE, FAINT = "#24292f", "#0969da", "#d0d7de"
WORST = 40  # mistakes of each kind


def chart(number, title, across, up, content):
    """A square chart with both axes from 0 to 1."""
    left = MARGIN + number * (SIDE + MARGIN + 20)
    parts = [f'<g transform="translate({left},{MARGIN})">', f'<text x="0" y="-14" font-weight="bold">{html.escape(title)}</text>']
    for tick in range(0, 11, 2):
        at = tick / 10 * SIDE
        parts.append(f'<path d="M0 {SIDE - at}H{SIDE}M{at} 0V{SIDE}" stroke="{FAINT}"/>')
        parts.append(f'<text x="-6" y="{SIDE - at + 4}" text-anchor="end">{tick / 10:g}</text>')
        parts.append(f'<text x="{at}" y="{SIDE + 16}" text-anchor="middle">{tick / 10:g}</text>')
    parts.append(f'<text x="{SIDE / 2}" y="{SIDE + 34}" text-anchor="middle">{html.escape(across)}</text>')
    parts.append(f'<text transform="translate(-34,{SIDE / 2}) rotate(-90)" text-anchor="middle">{html.escape(up)}</text>')
    return "".join((*parts, *content, "</g>"))


def path(x, y, style=f'stroke="{LINE}" stroke-width="2"'):
    """A line through points from 0 to 1, of which at most about 300 are drawn."""
    keep = np.unique(np.linspace(0, len(x) - 1, min(len(x), 300)).astype(int))
    points = " ".join(f"{x[i] * SIDE:.1f},{(1 - y[i]) * SIDE:.1f}" for i in keep)
    return f'<polyline points="{points}" fill="none" {style}/>'


def dot(x, y, radius=4.0):
    return f'<circle cx="{x * SIDE:.1f}" cy="{(1 - y) * SIDE:.1f}" r="{radius:.1f}" fill="{LINE}" fill-opacity="0.8"/>'


def picture(answers, report):
    """The three charts; a dot marks the report's threshold."""
    truth, score = [a["dog"] for a in answers], [a["confidence"] for a in answers]
    _, recall, alarms, precision = curves(truth, score)
    _, bins = calibration(truth, score)
    shown = [dot(s, t, 2 + 8 * (n / len(answers)) ** 0.5) for s, t, n in bins]
    diagonal = path([0, 1], [0, 1], f'stroke="{FAINT}" stroke-dasharray="4"')
    confusion = report["confusion"]
    alarm = confusion["false_positive"] / max(1, confusion["false_positive"] + confusion["true_negative"])
    charts = (
        chart(0, f"ROC, AUC {roc_auc(truth, score):.3f}", "false alarms among photos without a dog", "recall",
              (diagonal, path(np.r_[0, alarms], np.r_[0, recall]), dot(alarm, report["recall"]))),
        chart(1, f"Precision and recall, threshold {report['threshold']:g}", "recall", "precision",
              (path(recall, precision), dot(report["recall"], report["precision"]))),
        chart(2, f"Reliability, ECE {report['ece']:.3f}", "mean score", "share of photos with a dog",
              (diagonal, path([b[0] for b in bins], [b[1] for b in bins]), *shown)),
    )
    width, height = 3 * (SIDE + MARGIN + 20) + MARGIN, SIDE + 2 * MARGIN
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="{INK}">'
            f'<rect width="{width}" height="{height}" fill="white"/>{"".join(charts)}</svg>\n')


def mistakes(answers, threshold):
    """The missed dogs, lowest scores first, and the false alarms, highest scores first."""
    best = [(max(a["scores"], default=0.0), a) for a in answers]
    missed = sorted((b for b in best if b[1]["dog"] and b[0] < threshold), key=lambda b: b[0])
    alarms = sorted((b for b in best if not b[1]["dog"] and b[0] >= threshold), key=lambda b: -b[0])
    return (("Dogs that were missed", missed), ("No dog, but one was seen", alarms))


def as_markdown(name, groups):
    lines = [f"# Worst mistakes: {name}", ""]
    for title, found in groups:
        lines += [f"## {title}: {len(found)}", "", "| photo | kind | score | source |", "|-|-|-|-|"]
        lines += [f"| {a['file']} | {a['kind']} | {s:.2f} | {a['source']} |" for s, a in found[:WORST]] + [""]
    return "\n".join(lines)


def as_page(name, groups, data):
    """The same with the photos, linked where they are stored."""
    style = "body{font:13px sans-serif} figure{display:inline-block;margin:4px} img{height:190px;display:block}"
    parts = [f"<!doctype html><meta charset='utf-8'><title>{name}</title><style>{style}</style>"]
    for title, found in groups:
        parts.append(f"<h2>{html.escape(title)}: {len(found)}</h2>")
        for score, a in found[:WORST]:
            photo = (data / a["file"]).resolve().as_uri()
            parts.append(f"<figure><img src='{photo}'>{score:.2f} {html.escape(a['kind'])} {html.escape(a['file'])}</figure>")
    return "\n".join(parts)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "dog-resnet18.onnx")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "dogs")
    parser.add_argument("--part", default="val")
    parser.add_argument("--work", type=Path, default=ROOT.parent / "dogs-training")
    parser.add_argument("--reports", type=Path, default=ROOT / "training" / "reports")
    args = parser.parse_args(argv)
    name = f"{args.model.stem}-{args.part}"
    answers = [json.loads(line) for line in (args.work / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    report = json.loads((args.reports / f"{name}.json").read_text(encoding="utf-8"))
    groups = mistakes(answers, report["threshold"])
    (args.reports / f"{name}.svg").write_text(picture(answers, report), encoding="utf-8")
    (args.reports / f"{name}-mistakes.md").write_text(as_markdown(name, groups), encoding="utf-8")
    (args.work / f"{name}-mistakes.html").write_text(as_page(name, groups, args.data), encoding="utf-8")


if __name__ == "__main__":
    main()
