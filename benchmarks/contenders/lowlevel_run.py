"""This package: `loop.train` on arrays in memory."""

from benchmarks.contenders import Contender
from benchmarks.works import LEARNING_RATE, config_of

SETTINGS = ("loop.train",)


def make(job):
    """The `Contender` for a job."""
    from lowlevel import nets, variables
    from lowlevel.cli import threads
    from lowlevel.data.examples import Arrays
    from lowlevel.data.training_data import TrainingData
    from lowlevel.training import loop, tasks
    from lowlevel.training.hook import Hook
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.run import Run

    threads.choose(job.work.net)  # as the scripts do
    config = config_of(job.work, job.dropout)
    network = nets.make(job.work.net, config, precision=job.precision)
    variables.assign(network.variables.all(), job.variables)
    recipe = Recipe(batch_size=job.batch_size, learning_rate=LEARNING_RATE)
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
