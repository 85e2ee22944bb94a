"""What requests hold, for each task: pydantic checks them, and OpenAPI shows them."""

from types import GenericAlias
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, create_model

from rnn_zoo.decoding.beam import MAX_COVERAGE_PENALTY, MAX_LENGTH_PENALTY
from rnn_zoo.preprocessing.captions import CaptionsPreprocessor
from rnn_zoo.serve.limits import Limits
from rnn_zoo.tasks import Generator, ImageCaptioner, SequenceRegressor, Tagger, Task

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 10


class Body(BaseModel):
    """The body of a request; a key that it does not have is refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Refusal(BaseModel):
    """What a request that is refused gets."""

    error: str = Field(description="What is wrong, and what would be right.")


class Health(BaseModel):
    """Whether the server answers."""

    status: str
    waiting: int = Field(description="Requests that wait for the model, or that it answers.")


class Answers(BaseModel):
    """The answers to a request."""

    answers: list[Any] = Field(
        description="One for each input: a label with probabilities, tags, a text or, with n_best, "
        "pairs of text and score, or values."
    )


def predict_body(task: Task, limits: Limits) -> type[Body]:
    """The body of `/predict`."""
    options = decoding_fields(limits) if isinstance(task, Generator) else {}
    inputs = _list_of(
        input_type(task, limits),
        min_length=1,
        max_length=limits.max_inputs,
        description="The raw inputs.",
    )
    fields: dict[str, Any] = {"inputs": (inputs, ...), **options}
    return create_model("PredictBody", __base__=Body, **fields)


def explain_body(task: Task, limits: Limits) -> type[Body]:
    """The body of `/explain`."""
    fields: dict[str, Any] = {"input": (input_type(task, limits), ...)}
    if isinstance(task, Generator) and not isinstance(task, ImageCaptioner):
        options = decoding_fields(limits)
        fields |= {name: options[name] for name in ("width", "length_penalty", "max_new_tokens")}
    return create_model("ExplainBody", __base__=Body, **fields)


def stream_body(limits: Limits) -> type[Body]:
    """The body of `/stream`."""
    options = decoding_fields(limits)
    names = ("max_new_tokens", "temperature", "top_k", "top_p", "seed")
    fields: dict[str, Any] = {
        "prompt": (_text(limits), ""),
        **{name: options[name] for name in names},
    }
    return create_model("StreamBody", __base__=Body, **fields)


def input_type(task: Task, limits: Limits) -> Any:
    """The type of a raw input, as JSON has it."""
    if isinstance(task, SequenceRegressor):
        step = _list_of(FiniteFloat, min_length=1, max_length=limits.max_characters)
        return _list_of(step, min_length=1, max_length=limits.max_characters)
    if isinstance(task, ImageCaptioner):
        preprocessor: CaptionsPreprocessor = task.preprocessor
        if preprocessor.has_images:
            return Annotated[
                str,
                StringConstraints(strict=True),
                Field(description="A JPEG, PNG, GIF or BMP file in base64."),
            ]
        features: Any = FiniteFloat
        for _ in preprocessor.config.shape:
            features = _list_of(features)
        return features
    if isinstance(task, Tagger):
        text = _text(limits)
        return text | _list_of(text, max_length=limits.max_characters)
    return _text(limits)


def _list_of(kind: Any, **bounds: Any) -> Any:
    return Annotated[GenericAlias(list, (kind,)), Field(**bounds)]


def _text(limits: Limits) -> Any:
    return Annotated[str, StringConstraints(strict=True, max_length=limits.max_characters)]


def decoding_fields(limits: Limits) -> dict[str, Any]:
    """How a text is decoded: name to type and default; None is the task's own."""

    def field(kind: Any, description: str, **bounds: Any) -> Any:
        return Annotated[kind, Field(**bounds)] | None, Field(None, description=description)

    return {
        "decoding": field(str, "greedy, beam or sample.", max_length=50),
        "max_new_tokens": field(
            int, "Maximum number of tokens.", ge=1, le=limits.max_new_tokens, strict=True
        ),
        "width": field(int, "Beam: hypotheses.", ge=1, le=limits.max_width, strict=True),
        "n_best": field(
            int, "Beam: texts, with their scores.", ge=1, le=limits.max_width, strict=True
        ),
        "length_penalty": field(float, "Beam: 0 prefers short texts.", ge=0, le=MAX_LENGTH_PENALTY),
        "coverage_penalty": field(
            float, "Beam: cost of source tokens without attention.", ge=0, le=MAX_COVERAGE_PENALTY
        ),
        "temperature": field(
            float,
            "Sample: below 1 probable tokens become more probable.",
            ge=MIN_TEMPERATURE,
            le=MAX_TEMPERATURE,
        ),
        "top_k": field(int, "Sample: among so many tokens.", ge=1, le=100_000, strict=True),
        "top_p": field(float, "Sample: among tokens of this probability.", gt=0, le=1),
        "seed": field(int, "Sample: the same seed draws the same.", ge=0, lt=2**32, strict=True),
    }
