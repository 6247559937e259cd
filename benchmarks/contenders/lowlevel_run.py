"""This package: `loop.train` on arrays in memory, and `Predictor.predict`."""

from benchmarks.contenders import Contender, batches_of
from benchmarks.works import LEARNING_RATE, config_of
from lowlevel.cli import command_line

JIT_COMPILED = ("mlp", "regression")  # as the scripts do
SETTINGS = {
    "train": ("loop.train",),
    "predict": ("Predictor.predict",),
    "first step": ("loop.train",),
    "script": ("train_mnist.py",),
}


def make(job):
    """The `Contender` that trains."""
    command_line.quiet_tensorflow()  # as the scripts do: it also leaves out Keras

    from lowlevel import cluster, nets, variables
    from lowlevel.cli import threads
    from lowlevel.data.examples import Arrays
    from lowlevel.data.training_data import TrainingData
    from lowlevel.training import loop, tasks
    from lowlevel.training.hook import Hook
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.run import Run

    threads.choose(job.work.net)  # as the scripts do
    here = cluster.join()
    config = config_of(job.work, job.dropout)
    network = nets.make(job.work.net, config, precision=job.precision)
    variables.assign(network.variables.all(), job.variables)
    recipe = Recipe(
        batch_size=job.batch_size,
        learning_rate=LEARNING_RATE,
        jit_compile=here.is_alone and job.work.net in JIT_COMPILED,
    )
    examples = Arrays(job.inputs, job.targets)
    run = Run(network, tasks.of_net(job.work.net, config), TrainingData(examples), recipe)

    class Losses(Hook):
        wants_every_step = False

        def __init__(self):
            self.losses = []

        def on_batch_end(self, step, values):
            self.losses.append(values["loss"])

    def losses():
        hook = Losses()
        run.data = TrainingData(examples, shuffled_by=None)
        loop.train(run, loop.RunLength(run.state.epoch + 1), [hook], quiet=True)
        return hook.losses

    def train():
        loop.train(run, loop.RunLength(run.state.epoch + 1), quiet=True)

    return Contender(losses, train)


def make_predictor(job):
    """The `Contender` that predicts."""
    from lowlevel import nets, variables
    from lowlevel.prediction.predictor import Predictor
    from lowlevel.prediction.serving import TrainedNetwork
    from lowlevel.training import tasks

    config = config_of(job.work)
    network = nets.make(job.work.net, config, precision=job.precision)
    variables.assign(network.variables.all(), job.variables)
    facts = {
        "preprocessing": {"divide_by": 255},
        "class_names": list(map(str, range(config.num_classes))),
    }
    task = tasks.of_net(job.work.net, config)
    predictor = Predictor(TrainedNetwork(network, task, facts, "the benchmark"))

    def run():
        for images in batches_of(job.inputs, job.batch_size):
            predictor.predict(images)

    return Contender(lambda: predictor.predict(job.inputs[:1]).probabilities[0].tolist(), run)
