from task_cases.task_case import NO_CHANCE, ShellCase, TaskCase, as_texts, written

SENTENCES = "EU\tB-ORG\nrejects\tO\ncalls\tO\n\nno\tO\nEU\tB-ORG\n\n"
CASE = TaskCase(
    fullest="tagger_bilstm_crf",
    tiny=NO_CHANCE
    | {"units": 8, "embedding_dim": 8, "min_count": 1, "learning_rate": 0.02}
    | {"character_dim": 4, "character_units": 6},
    expected=lambda task, inputs: task.tag(as_texts(inputs)),
    served=lambda served: [[tag.decode() for tag in row if tag] for row in served["tags"].numpy()],
    asked=as_texts,
    requests=lambda inputs: {"text": as_texts(inputs)},
    shell=ShellCase(
        write=lambda folder: written(folder / "tags.conll", SENTENCES * 8),
        metrics={"accuracy", "loss", "span_f1", "span_precision", "span_recall"},
        text="EU rejects",
        field="tags",
    ),
)
