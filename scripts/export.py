#!/usr/bin/env python3
"""Writes a trained network for other programs, in as many formats at once as are asked for.

For weights it prints where each variable went, name by name: our name and shape, theirs and its
shape.
"""

from pathlib import Path

from lowlevel.cli import command_line

FORMATS = {  # option: (what follows it, the endings it may have, what it writes)
    "savedmodel": ("DIR", (), "a SavedModel, to this new directory, with preprocessing, for any "
        "batch size"),
    "serving": ("DIR", (), "the same as the next version of a model of TensorFlow Serving, "
        "DIR/1 at first, with requests that warm it up"),
    "weights": ("FILE", (".h5", ".hdf5"), "all variables by name, to this new .h5 file"),
    "keras": ("FILE", (".keras", ".weights.h5"), "what Keras loads: a .keras file with layers and "
        "weights, or a .weights.h5 file; with the slots of Adam, if the run has them"),
    "safetensors": ("FILE", (".safetensors",), "all variables by name, to a .safetensors file"),
    "pytorch": ("FILE", (".safetensors",), "a state_dict of PyTorch, without pickle, to a "
        ".safetensors file"),
    "litert": ("FILE", (".tflite",), "a .tflite file for LiteRT, with preprocessing"),
    "onnx": ("FILE", (".onnx",), "an .onnx file, with preprocessing, for any batch size"),
    "stablehlo": ("FILE", (), "what XLA compiles for one example, as text, to be read"),
}  # fmt: skip


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", type=Path, help="the directory of a run")
    for name, (metavar, _, text) in FORMATS.items():
        parser.add_argument(f"--{name}", metavar=metavar, type=Path, help=f"write {text}")
    parser.add_argument(
        "--quantize",
        choices=("dynamic", "int8"),
        help="for --litert: weights in 8 bits (dynamic), or all numbers (int8)",
    )
    parser.add_argument(
        "--representative",
        metavar="IMAGE",
        type=Path,
        nargs="+",
        help="for --quantize int8: image files from which the range of each tensor is measured",
    )
    args = parser.parse_args()
    check(parser, args)
    return args


def check(parser, args):
    """Ends the program for arguments that do not fit together."""
    targets = asked_for(args)
    if not targets:
        parser.error("nothing to write: give --savedmodel, --keras or another of the formats")
    for name, path in targets.items():
        endings = FORMATS[name][1]
        if endings and not path.name.endswith(endings):
            wanted = " or ".join(endings)
            parser.error(f"--{name} needs the name of a {wanted} file, not {str(path)!r}")
    named: dict[Path, list[str]] = {}
    for name, path in targets.items():
        named.setdefault(path.resolve(), []).append(name)
    for names in named.values():
        if len(names) > 1:
            options = " and ".join(f"--{name}" for name in names)
            parser.error(f"{options} cannot both be {targets[names[-1]]}")
    if args.quantize and not args.litert:
        parser.error("--quantize is for --litert")
    if (args.quantize == "int8") != (args.representative is not None):
        parser.error("--quantize int8 and --representative need each other")


def asked_for(args):
    """The paths to write by format."""
    return {name: getattr(args, name) for name in FORMATS if getattr(args, name) is not None}


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.exchange import exports

    targets = asked_for(args)
    for name, path in targets.items():
        exports.FORMATS[name].check(path)
    for name, path in targets.items():
        settings = {}
        if name == "litert" and args.quantize:
            settings["kind"] = args.quantize
            if args.representative:
                settings["examples"] = exports.examples_of(args.run, args.representative)
        print(exports.FORMATS[name].write(args.run, path, **settings))
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    command_line.run(main)
