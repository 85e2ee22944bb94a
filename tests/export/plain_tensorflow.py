"""Serve a SavedModel where neither rnn_zoo nor Keras can be imported, and look into it.

usage: python plain_tensorflow.py SAVED_MODEL TEXTS ANSWERS, the last two pickled
"""

import pickle
import sys
from pathlib import Path

ONE_BY_ONE = 20


def main(folder, texts, answers):
    sys.modules["rnn_zoo"] = sys.modules["keras"] = None
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow.python.framework import op_def_registry

    serve = tf.saved_model.load(folder).signatures["serving_default"]

    def ask(batch):
        return {name: t.numpy() for name, t in serve(text=tf.constant(batch, tf.string)).items()}

    given = pickle.loads(Path(texts).read_bytes())
    content = saved_model_pb2.SavedModel()
    content.ParseFromString(Path(folder, "saved_model.pb").read_bytes())
    graphs = [meta.graph_def for meta in content.meta_graphs]
    functions = [function for graph in graphs for function in graph.library.function]
    nodes = [node for graph in graphs for node in graph.node]
    nodes += [node for function in functions for node in function.node_def]
    operations = {node.op for node in nodes}
    known = {function.signature.name for function in functions}
    result = {
        "thousand": ask(given),
        "one by one": [ask([text]) for text in given[:ONE_BY_ONE]],
        "none": ask([]),
        "operations": operations,
        "unknown operations": {
            name for name in operations - known if op_def_registry.get(name) is None
        },
        "attributes": {name for part in [*functions, *nodes] for name in part.attr},
    }
    Path(answers).write_bytes(pickle.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
