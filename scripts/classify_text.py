#!/usr/bin/env python3
"""Classifies sentences as positive or negative, with a network trained by train_text.py.

Prints for each sentence the probability that it is positive, and the verdict; in brackets, how many
of its words the network does not know. A sentence without words gets no verdict.
"""

import dataclasses
import json
import os
import sys

from lowlevel.checks import printable
from lowlevel.cli import command_line, network_arguments


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    network_arguments.add_network(parser)
    parser.add_argument(
        "sentences", nargs="*", metavar="SENTENCE", help="by default, the lines of standard input"
    )
    parser.add_argument("--file", metavar="FILE", help="a text file, a sentence on each line")
    parser.add_argument(
        "--json", action="store_true", help="print a JSON object for each sentence instead"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    args = parser.parse_intermixed_args()  # sentences may come after options
    if args.file is not None and args.sentences:
        parser.error("give sentences or --file, not both")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.prediction.text_predictor import TextPredictor

    predictor = TextPredictor(args.network)
    longest = max(map(len, predictor.class_names))
    for verdict in predictor.predict(read(args), args.quiet):
        if args.json:
            print(json.dumps(dataclasses.asdict(verdict)))
            continue
        answer = f"{'':6}  {'no words':{longest}}"
        if verdict.verdict is not None:
            answer = f"{verdict.probability:.4f}  {verdict.verdict:{longest}}"
        unknown = f"  ({verdict.unknown} of {verdict.words} unknown)" if verdict.unknown else ""
        print(f"{answer}  {printable(verdict.sentence)}{unknown}".rstrip())
    return 0


def read(args):
    """The sentences to classify. Raises DataError if there are none."""
    from lowlevel.checks import DataError
    from lowlevel.data import sentences, text_file

    if args.sentences:
        return [text_file.decode(os.fsencode(text), "a sentence") for text in args.sentences]
    if args.file is not None:
        source, lines = args.file, sentences.read_lines(args.file)
    else:
        source = "standard input"
        content = sys.stdin.buffer.read(text_file.MAX_BYTES + 1)
        lines = sentences.split_lines(text_file.decode(content, source), source)
    if not lines:
        raise DataError(f"{source} is empty: there is no sentence to classify.")
    return lines


if __name__ == "__main__":
    command_line.run(main)
