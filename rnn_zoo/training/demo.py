"""The main job from beginning to end, in a few minutes and without any download."""

import json
import subprocess
import sys
from pathlib import Path

from rnn_zoo import export
from rnn_zoo.datasets import load
from rnn_zoo.registry import find, override
from rnn_zoo.training.ngrams import ngram_baseline
from rnn_zoo.training.run_folder import RunFolder
from rnn_zoo.training.train import train

CLIENT = Path(export.__file__).parent / "clients" / "saved_model_client.py"
SENTENCES = 8
# The recipe is made for a few thousand real sentences, which it keeps a network from learning by
# heart; rules are learned exactly, and take longer.
SETTINGS = {"dropout": 0.2, "recurrent_dropout": 0.0, "epochs": 20, "patience": 8}


def demo(out: Path, overwrite: bool = False) -> None:
    """Train `sentiment_lstm` on the synthetic reviews, score, export, and serve in a process apart.

    Args:
        out: the run folder to make.
        overwrite: whether a run folder at `out` may be replaced.
    """
    splits = load("synthetic_reviews").complete()
    parts = splits.parts
    print("1. Train sentiment_lstm on the embedded synthetic reviews, as this would:")
    options = "".join(f" --set {key}={value}" for key, value in SETTINGS.items())
    print(f"   rnn-zoo train sentiment_lstm --data synthetic_reviews --out {out}{options}")
    entry = override(find("sentiment_lstm"), SETTINGS)
    metrics = train(entry, splits, out, source="synthetic_reviews", overwrite=overwrite)
    folder = RunFolder(out)
    print(
        "\n2. Accuracy on test sentences whose templates and a third of whose opinion words are new"
    )
    training, test = ((part.inputs, part.targets or []) for part in (parts["train"], parts["test"]))
    print(f"   sentiment_lstm               {metrics['test']['accuracy']:.3f}")
    print(f"   counts of words              {ngram_baseline(training, test, max_n=1):.3f}")
    print(f"   counts of words and bigrams  {ngram_baseline(training, test, max_n=2):.3f}")
    print(f"   curves: {folder.curves}")
    print("\n3. The exported SavedModel, in a process that imports neither Keras nor rnn_zoo")
    step = len(parts["test"]) // SENTENCES
    shown = parts["test"].take(range(0, step * SENTENCES, step))
    served = subprocess.run(
        [sys.executable, CLIENT, folder.export],
        input=json.dumps(shown.inputs),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    print(f"   {'true':<10}{'served':<10}{'p':<7}text")
    for text, label, answer in zip(
        shown.inputs, shown.targets or [], json.loads(served.stdout), strict=True
    ):
        probability = max(answer["probabilities"])
        print(f"   {label:<10}{answer['label']:<10}{probability:<7.3f}{text}")
    print(f"\nEverything is in {out}. Try: rnn-zoo predict {out} 'not a single dull minute'")
