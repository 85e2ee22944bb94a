"""Recipes run from beginning to end: training, checkpoints, run folders, figures."""

from rnn_zoo.training.checkpoint import Checkpoint
from rnn_zoo.training.curves import training_curves
from rnn_zoo.training.run_folder import RunFolder
from rnn_zoo.training.train import evaluate, resume, train

__all__ = ["Checkpoint", "RunFolder", "evaluate", "resume", "train", "training_curves"]
