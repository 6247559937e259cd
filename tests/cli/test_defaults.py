"""Defaults of options: the cases they are for, and that help texts tell the truth about them."""

import argparse
import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from lowlevel import nets, optimizers, schedules
from lowlevel.cli import arguments, defaults
from lowlevel.cli.command_line import ArgumentParser
from lowlevel.cli.defaults import Default, TrainingDefaults
from lowlevel.data import bottles, digits, mnist_sample
from lowlevel.nets import strided_net

ROOT = Path(__file__).resolve().parent.parent.parent
TRAIN_MNIST = ROOT / "scripts" / "train_mnist.py"
SCRIPT = runpy.run_path(str(TRAIN_MNIST))
RATE = Default(0.1, {"mlp on digits": 0.3, "digits": 0.2})


def options_of(script):
    """The options of a script's parser by name, such as "--epochs"."""
    parser_of = runpy.run_path(str(ROOT / "docs" / "make_options.py"))["parser_of"]
    return {action.option_strings[-1]: action for action in parser_of(script)._actions[1:]}


OPTIONS = options_of(TRAIN_MNIST)
CIFAR_OPTIONS = options_of(ROOT / "scripts" / "train_cifar10.py")


def said(option, case):
    """The number that a help text names as the default in a case."""
    text = option.help.partition("(default: ")[2]
    found = re.search(rf"([\d.]+) for {case}\b", text) or re.match(r"([\d.]+)", text)
    return float(found[1])


@pytest.mark.parametrize(
    "cases, value",
    [
        ((), 0.1),
        (("mnist", "mlp on mnist"), 0.1),
        (("digits", "conv_net on digits"), 0.2),
        (("digits", "mlp on digits"), 0.3),
    ],
)
def test_of_several_exceptions_the_first_that_is_met(cases, value):
    assert RATE.of(cases) == value


def test_a_default_in_words():
    assert str(RATE) == "0.1; 0.3 for mlp on digits; 0.2 for digits"
    assert str(Default(5, {})) == "5"


def test_what_the_user_left_out_is_filled_in():
    defaults = TrainingDefaults(Default(5, {"digits": 20}), 128, RATE)
    args = argparse.Namespace(epochs=None, batch_size=None, learning_rate=None, seed=None)
    defaults.fill(args, "digits")
    assert vars(args) == {"epochs": 20, "batch_size": 128, "learning_rate": 0.2, "seed": None}
    args = argparse.Namespace(epochs=7, batch_size=1, learning_rate=0.0)
    defaults.fill(args, "digits")
    assert vars(args) == {"epochs": 7, "batch_size": 1, "learning_rate": 0.0}


@pytest.mark.parametrize("at_most, words", [(False, ""), (True, "at most ")])
def test_the_help_is_made_of_the_defaults(at_most, words):
    defaults = TrainingDefaults(
        Default(5, {"digits": 20}), 64, RATE, "nadam", "cosine", at_most=at_most
    )
    parser = ArgumentParser()
    arguments.add_training(parser, defaults)
    options = {action.dest: action.help for action in parser._actions}
    assert f"(default: {words}5; 20 for digits)" in options["epochs"]
    assert "(default: 64)" in options["batch_size"]
    assert f"(default: {RATE})" in options["learning_rate"]
    args = parser.parse_args([])
    assert (args.optimizer, args.schedule) == ("nadam", "cosine")
    assert (args.epochs, args.batch_size, args.learning_rate) == (None, None, None)


def config_of(net, dataset="mnist", **given):
    """The config of a network of train_mnist.py for a user who chooses nothing else."""
    chosen = {"dropout": None, "norm_momentum": None, "global_pooling": None} | given
    data = SimpleNamespace(name=dataset, image_shape=(28, 28, 1), num_classes=10)
    return SCRIPT["make_config"](argparse.Namespace(net=net, **chosen), data)


def rates_of(config):
    """The fields of a network's config, or of its block."""
    return getattr(config, "block", config)


@pytest.mark.parametrize("dataset", ["mnist", "sample", "digits"])
@pytest.mark.parametrize("net", SCRIPT["NETS"])
def test_the_help_tells_the_dropout_of_each_network(net, dataset):
    rates = rates_of(config_of(net, dataset))
    if re.search(rf"none in (\w+, )*{net}\b", OPTIONS["--dropout"].help):
        assert not hasattr(rates, "dropout_rate")
        return
    assert rates.dropout_rate == said(OPTIONS["--dropout"], net)
    assert rates.dropout_rate == rates_of(nets.get(net).Config()).dropout_rate
    assert rates_of(config_of(net, dropout=0.45)).dropout_rate == 0.45


@pytest.mark.parametrize("dataset", ["mnist", "sample", "digits"])
@pytest.mark.parametrize("net", SCRIPT["NETS"])
def test_the_help_tells_the_norm_momentum_of_each_network(net, dataset):
    rates = rates_of(config_of(net, dataset))
    option = OPTIONS["--norm-momentum"]
    assert hasattr(rates, "norm_momentum") == (net in option.help)
    if hasattr(rates, "norm_momentum"):
        assert rates.norm_momentum == said(option, dataset)
        assert rates_of(config_of(net, dataset, norm_momentum=0.5)).norm_momentum == 0.5
        default = rates_of(nets.get(net).Config()).norm_momentum
        assert said(option, "other data") == default


def test_the_help_tells_the_norm_momentum_of_mini_inception():
    momentum = nets.get("mini_inception").Config().norm_momentum
    assert momentum == said(CIFAR_OPTIONS["--norm-momentum"], "any data")


def test_the_help_tells_the_pooling_of_strided_net():
    option = OPTIONS["--global-pooling"]
    assert set(option.choices) == set(strided_net.POOLINGS)
    default = re.search(r"strided_net .*\(default: (\w+)\)", option.help)[1]
    assert default == config_of("strided_net").global_pooling
    (other,) = set(option.choices) - {default}
    assert config_of("strided_net", global_pooling=other).global_pooling == other


def test_choices_are_those_of_the_package():
    assert tuple(OPTIONS["--optimizer"].choices) == optimizers.NAMES
    assert tuple(OPTIONS["--schedule"].choices) == schedules.NAMES
    assert tuple(OPTIONS["--precision"].choices) == nets.PRECISIONS
    for schedule in schedules.NAMES:
        assert schedule in OPTIONS["--schedule"].help


def test_the_help_tells_the_networks_and_the_default_one():
    option = OPTIONS["--net"]
    assert set(option.choices) <= set(nets.NETS)
    assert f"{option.default} (the default)" in option.help
    for name in option.choices:
        assert name in option.help


def test_the_help_tells_how_many_images_come_with_the_package():
    words = OPTIONS["--dataset"].help
    assert f"sample, {len(mnist_sample.load().train):,} of them that come with the package" in words
    assert f"digits, {len(digits.load().train):,} smaller ones" in words
    drawn = options_of(ROOT / "scripts" / "train_autoencoder.py")["--dataset"].help
    train, test = bottles.TRAIN_IMAGES, bottles.TEST_IMAGES
    assert f"{train} bottles to train on, {test} bottles and {test} other things" in drawn


def test_the_help_tells_the_epochs_and_the_rate_of_train_mnist():
    for net, dataset in (("conv_net", "mnist"), ("mlp", "mnist"), ("conv_net", "digits")):
        args = argparse.Namespace(epochs=None, batch_size=None, learning_rate=None)
        defaults.MNIST.fill(args, dataset, f"{net} on {dataset}")
        assert args.epochs == said(OPTIONS["--epochs"], dataset)
        assert args.batch_size == said(OPTIONS["--batch-size"], dataset)
        assert args.learning_rate == said(OPTIONS["--learning-rate"], f"{net} on {dataset}")
