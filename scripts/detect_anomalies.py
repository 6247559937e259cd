#!/usr/bin/env python3
"""Finds images that differ from those an autoencoder was trained on; uses only its encoder."""

import json
import sys
from pathlib import Path

from lowlevel.checks import printable
from lowlevel.cli import command_line


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", type=Path, help="a run of train_autoencoder.py")
    parser.add_argument(
        "images",
        nargs="*",
        metavar="IMAGES_OR_DIR",
        type=Path,
        help="PNG or JPEG files of any size, or folders of them",
    )
    parser.add_argument(
        "--normal", nargs="+", metavar="DIR", type=Path, default=[], help="images that are normal"
    )
    parser.add_argument(
        "--anomaly", nargs="+", metavar="DIR", type=Path, default=[], help="images that are not"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each image")
    parser.add_argument(
        "--report",
        metavar="DIR",
        type=Path,
        help="write metrics and figures here; needs --normal and --anomaly",
    )
    args = parser.parse_args()
    if not (args.images or args.normal or args.anomaly):
        parser.error("name images or folders of them")
    if args.report is not None and not (args.normal and args.anomaly):
        parser.error("--report compares with the truth: give --normal and --anomaly")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    import numpy as np

    from lowlevel.data import image_folder
    from lowlevel.prediction import anomaly
    from lowlevel.prediction.latent_encoder import LatentEncoder
    from lowlevel.reports import anomalies as anomaly_report

    if args.report is not None:
        anomaly_report.make_directory(args.report)
    encoder = LatentEncoder(args.run)
    detector = anomaly.load(args.run, encoder.sha256)
    latents, truth = [], []
    for paths, is_anomaly in ((args.images, None), (args.normal, False), (args.anomaly, True)):
        if not paths:
            continue
        images = image_folder.FilesAsNeeded(image_folder.find_all(paths), encoder.image_shape)
        part = encoder.latents(images, quiet=args.json)
        scores = detector.score(part)
        for name, score in zip(images.names, scores, strict=True):
            print_verdict(name, float(score), detector.threshold, is_anomaly, args.json)
        if is_anomaly is not None:
            latents.append(part)
            truth += [is_anomaly] * len(part)
    if args.report is not None:
        report = anomaly_report.make(detector, np.concatenate(latents), np.array(truth))
        report.write(args.report)
        print(report.text(), file=sys.stderr if args.json else sys.stdout)
    return 0


def print_verdict(name, score, threshold, is_anomaly, as_json):
    """One line for an image."""
    verdict = "anomaly" if score < threshold else "normal"
    if as_json:
        truth = {} if is_anomaly is None else {"truth": "anomaly" if is_anomaly else "normal"}
        print(json.dumps({"image": name, "score": score, "verdict": verdict} | truth))
    else:
        print(f"{printable(name)}  {score:.1f}  {verdict}")


if __name__ == "__main__":
    command_line.run(main)
