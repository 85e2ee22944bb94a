from task_cases.task_case import NO_CHANCE, TaskCase, decoded_texts

GREEDY = {"decoding": "greedy", "max_new_tokens": 5}


def continuations(task, inputs):
    """What is written after each text."""
    texts = task.generate(inputs, **GREEDY)
    return [text[len(given) :].lstrip() for given, text in zip(inputs, texts, strict=True)]


CASE = TaskCase(
    fullest="char_lm_rnn",
    tiny=NO_CHANCE
    | {"units": 8, "embedding_dim": 8, "min_count": 1, "learning_rate": 0.02, "window": 8},
    expected=continuations,
    served=lambda served: [text.lstrip() for text in decoded_texts(served)],
    requests=lambda inputs: {"text": inputs},
    says=lambda task, inputs: task.generate(inputs, **GREEDY),
    export=GREEDY,
    targets_alone=True,
)
