from task_cases.task_case import NO_CHANCE, ShellCase, TaskCase, decoded_texts, written

PAIRS = "a man .\tein mann .\na dog .\tein hund .\n"
CASE = TaskCase(
    fullest="seq2seq_lstm_attention",
    tiny=NO_CHANCE
    | {"units": 16, "embedding_dim": 8, "min_count": 1, "learning_rate": 0.02}
    | {"tokens": "characters", "max_source_length": 7, "max_target_length": 8},
    expected=lambda task, inputs: task.generate(inputs),
    served=decoded_texts,
    requests=lambda inputs: {"text": inputs},
    shell=ShellCase(
        write=lambda folder: written(folder / "pairs.tsv", PAIRS * 8),
        metrics={"accuracy", "loss", "perplexity", "exact", "chrf"},
        text="a man .",
    ),
    targets_alone=True,
)
