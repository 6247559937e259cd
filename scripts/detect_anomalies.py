#!/usr/bin/env python3
"""Finds images that differ from those an autoencoder was trained on; uses only its encoder."""

import functools
import json
import sys
from pathlib import Path

from lowlevel.checks import DataError, printable
from lowlevel.cli import command_line, reading

FILES_AT_A_TIME = 64


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", type=Path, help="a run of train_autoencoder.py")
    parser.add_argument(
        "images",
        nargs="*",
        metavar="IMAGES_OR_DIR",
        type=Path,
        help="PNG, JPEG, GIF, WebP, BMP or TIFF files of any size, or folders of them",
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
    latents, truth, asked, answered = [], [], 0, 0
    for paths, is_anomaly in ((args.images, None), (args.normal, False), (args.anomaly, True)):
        found = image_folder.find_all(paths)
        asked += len(found)
        for names, part in read_latents(encoder, found):
            for name, score in zip(names, detector.score(part), strict=True):
                print_verdict(str(name), float(score), detector.threshold, is_anomaly, args.json)
            answered += len(part)
            if is_anomaly is not None:
                latents.append(part)
                truth += [is_anomaly] * len(part)
    if args.report is not None:
        if not (any(truth) and not all(truth)):
            raise DataError("--report needs a normal image and an anomaly that can be read.")
        report = anomaly_report.make(detector, np.concatenate(latents), np.array(truth))
        report.write(args.report)
        print(report.text(), file=sys.stderr if args.json else sys.stdout)
    return reading.status(asked, answered)


def read_latents(encoder, paths):
    """Yields the paths that can be read and their latents `[paths, latent]`, some at a time."""
    import numpy as np

    from lowlevel.data import image_file

    read = functools.partial(image_file.read_resized, image_shape=encoder.image_shape)
    for start in range(0, len(paths), FILES_AT_A_TIME):
        there, images = reading.read_each(paths[start : start + FILES_AT_A_TIME], read)
        if there:
            yield there, encoder.latents(np.stack(images))


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
