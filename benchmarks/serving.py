"""Exports against each other and PyTorch: one text, and a batch, by a classifier.

    python -m benchmarks.serving

The same weights as a SavedModel, ONNX in ONNX Runtime, LiteRT (float32 and int8; one input at a
time) and, where it is installed, PyTorch's `nn.LSTM`, eagerly. Token ids in, probabilities out, on
one thread each. Medians of interleaved turns. Writes benchmarks/results/serving.md.
"""

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import rnn_zoo
from benchmarks.measuring import interleaved, machine, write
from rnn_zoo.export.clients.client import litert, onnx

TOKENS, CLASSES = 10_000, 2
SHAPES = {"1 text of 24 tokens": (1, 24), "32 texts of 64 tokens": (32, 64)}
ENTRIES = ("sentiment_lstm", "sentiment_gru", "sentiment_bilstm")
PEER = "PyTorch, eager"


def exported(task: Any, folder: Path) -> dict[str, Callable[[np.ndarray], Any]]:
    """The formats by name, each a function from token ids to probabilities."""
    model = task.tensor_model()
    function, signature = model.functions["model"]
    archive = keras.export.ExportArchive()
    archive.track(task.network)
    with rnn_zoo.layers.portable():
        archive.add_endpoint("serve", function, signature)
        archive.write_out(folder / "saved", verbose=False)
    task.export(folder / "model.onnx", format="onnx")
    task.export(folder / "model.tflite", format="litert")
    task.export(folder / "int8" / "model.tflite", format="litert", quantize="int8")
    saved = tf.saved_model.load(folder / "saved")  # its function does not keep the weights
    in_onnx = onnx(folder / "model.onnx", threads=1)
    lite, int8 = (
        litert(path, threads=1)
        for path in (folder / "model.tflite", folder / "int8" / "model.tflite")
    )
    return {
        "SavedModel": lambda ids: saved.serve(tf.constant(ids))["probabilities"].numpy(),
        "ONNX": lambda ids: in_onnx({"tokens": ids})["probabilities"],
        "LiteRT": lambda ids: _each(lite, ids),
        "LiteRT, int8": lambda ids: _each(int8, ids),
    }


def _each(run: Callable[..., dict[str, np.ndarray]], ids: np.ndarray) -> np.ndarray:
    """LiteRT computes one row at a time."""
    return np.concatenate([run({"tokens": row[None]})["probabilities"] for row in ids])


def torch_twin(task: Any) -> Callable[[np.ndarray], Any] | None:
    """The classifier's LSTM in PyTorch, without its pooling; None where there is no PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    config = task.network_config
    if config.cell not in ("lstm", "gru"):
        return None
    embedding = torch.nn.Embedding(TOKENS, config.embedding_dim)
    layer = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[config.cell](
        config.embedding_dim, config.units, batch_first=True, bidirectional=config.bidirectional
    )
    head = torch.nn.Linear(config.units * (2 if config.bidirectional else 1), CLASSES)

    def run(ids: np.ndarray) -> Any:
        with torch.inference_mode():
            hidden, _ = layer(embedding(torch.from_numpy(ids).long()))
            pooled = hidden.amax(dim=1) if config.pooling == "max" else hidden[:, -1]
            return torch.softmax(head(pooled), dim=-1).numpy()

    return run


def measure(entry: str, turns: int) -> tuple[list[str], list[str]]:
    """Rows of times, and lines of sizes and agreement."""
    keras.utils.set_random_seed(0)
    task = rnn_zoo.get(entry, units=64, vocabulary_size=TOKENS, num_classes=CLASSES)
    task.preprocessor.restore(
        task.sizes, {"vocabulary": ["[PAD]", "[UNK]", *map(str, range(TOKENS - 2))]}
    )
    rows, notes = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        formats = exported(task, folder)
        peer = torch_twin(task)
        for title, shape in SHAPES.items():
            ids = np.random.default_rng(0).integers(2, TOKENS, shape).astype("int32")
            expected = formats["SavedModel"](ids)
            gaps = {
                name: float(np.abs(np.asarray(run(ids)) - expected).max())
                for name, run in formats.items()
            }
            runs = formats | ({} if peer is None else {PEER: peer})
            steps = {name: partial(run, ids) for name, run in runs.items()}
            medians = interleaved(steps, turns, warm_up=2, warm=True)
            cells = [f"{1000 * medians[name]:.3f}" if name in medians else "" for name in NAMES]
            ratios = [medians["SavedModel"] / medians["ONNX"]]
            ratios += [medians[PEER] / medians["ONNX"]] if PEER in medians else []
            shown = " / ".join(f"{ratio:.1f}" for ratio in ratios)
            rows.append(f"| {entry}, {title} | {' | '.join(cells)} | {shown} |")
            notes.append(f"{entry}, {title}: {max(gaps.values()):.1e}")
        sizes = [folder / "model.onnx", folder / "model.tflite", folder / "int8" / "model.tflite"]
        shown = ", ".join(f"{path.stat().st_size / 2**20:.2f}" for path in sizes)
        notes.append(f"{entry}, MB of ONNX, LiteRT and LiteRT int8: {shown}")
    return rows, notes


NAMES = ("SavedModel", "ONNX", "LiteRT", "LiteRT, int8", PEER)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=15, help="turns a median is taken of")
    turns = parser.parse_args().turns
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    rows, notes = zip(*(measure(entry, turns) for entry in ENTRIES), strict=True)
    lines = [
        "# Exports of a classifier",
        "",
        f"`python -m benchmarks.serving`, medians of {turns} interleaved turns in milliseconds, on "
        "one thread, 64 units. The last column is how many times as long as ONNX the SavedModel "
        "takes, and PyTorch where it is installed.",
        "",
        machine("keras", "tensorflow", "onnxruntime", "ai-edge-litert"),
        "",
        f"| | {' | '.join(NAMES)} | over ONNX |",
        "|" + "---|" * (len(NAMES) + 2),
        *(row for part in rows for row in part),
        "",
        "Largest difference to the SavedModel, mostly that of int8, and sizes:",
        "",
        *(f"- {note}" for part in notes for note in part),
    ]
    write("serving", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
