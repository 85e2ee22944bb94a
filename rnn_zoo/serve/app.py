"""The application: its endpoints, and what a request that is refused gets."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from rnn_zoo.errors import UserError
from rnn_zoo.serve.batcher import Batcher
from rnn_zoo.serve.explanations import EXPLANATIONS
from rnn_zoo.serve.guard import Guard
from rnn_zoo.serve.limits import Limits
from rnn_zoo.serve.schemas import (
    Answers,
    Health,
    Refusal,
    explain_body,
    predict_body,
    stream_body,
)
from rnn_zoo.serve.served_model import ServedModel
from rnn_zoo.serve.worker import Worker
from rnn_zoo.serve.writing import Writing
from rnn_zoo.tasks import LanguageModel

PAGE = Path(str(files("rnn_zoo.serve"))) / "page"
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "The body is no JSON."},
    408: {"model": Refusal, "description": "The body did not arrive in time."},
    413: {"model": Refusal, "description": "The body is too large."},
    422: {"model": Refusal, "description": "The body holds something else than it should."},
    503: {"model": Refusal, "description": "Too many requests wait for the model."},
    504: {"model": Refusal, "description": "The answer took too long."},
}


def create_app(model: ServedModel, limits: Limits) -> FastAPI:
    """The application that serves a model.

    | request | answer |
    |---|---|
    | `GET /` | the page |
    | `GET /health` | whether the server answers |
    | `GET /model` | name, task, runtime, labels, card and limits |
    | `POST /predict` | an answer for each raw input, in the form of `client.py`'s |
    | `POST /explain` | what the page shows of one input; see `EXPLANATIONS` |
    | `POST /stream` | of a language model, server-sent events; see `Writing` |
    | `GET /openapi.json` | the description of all these |

    Args:
        model: what answers.
        limits: what is refused.
    """
    worker = Worker(limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        worker.close()

    app = FastAPI(
        title=f"rnn_zoo: {model.name}",
        version="1",
        # The page of FastAPI for its description loads scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.add_middleware(Guard, limits=limits)
    _add_refusals(app)
    _add_page(app)
    _add_description(app, model, limits, worker)
    _add_predict(app, model, limits, worker)
    if model.kind in EXPLANATIONS:
        _add_explain(app, model, limits, worker)
    if isinstance(model.task, LanguageModel):
        _add_stream(app, model.task, limits, worker)
    return app


def _add_page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    def index() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    app.mount("/page", StaticFiles(directory=PAGE), name="page")


def _add_description(app: FastAPI, model: ServedModel, limits: Limits, worker: Worker) -> None:
    @app.get("/health", response_model=Health)
    async def health() -> dict[str, Any]:
        """Whether the server answers, and how many requests wait for the model."""
        return {"status": "ok", "waiting": worker.waiting}

    @app.get("/model")
    async def describe() -> dict[str, Any]:
        """What the model is, what its answers mean, and what is refused."""
        return {**model.describe(), "limits": vars(limits)}


def _add_predict(app: FastAPI, model: ServedModel, limits: Limits, worker: Worker) -> None:
    batcher = Batcher(worker, model.answers, limits.max_inputs)

    async def predict(body: Any) -> dict[str, Any]:
        """An answer for each raw input, in their order."""
        options = body.model_dump(exclude_unset=True)
        inputs = options.pop("inputs")
        if options:
            return {"answers": await worker.run(model.answers, inputs, options)}
        return {"answers": await batcher.ask(inputs)}

    predict.__annotations__["body"] = predict_body(model.task, limits)
    app.post("/predict", response_model=Answers, responses=REFUSALS)(predict)


def _add_explain(app: FastAPI, model: ServedModel, limits: Limits, worker: Worker) -> None:
    explanation = EXPLANATIONS[model.kind]

    async def explain(body: Any) -> dict[str, Any]:
        options = body.model_dump(exclude_unset=True)
        return await worker.run(explanation, model, options.pop("input"), options)

    explain.__doc__ = explanation.__doc__
    explain.__annotations__["body"] = explain_body(model.task, limits)
    app.post("/explain", responses=REFUSALS)(explain)


def _add_stream(app: FastAPI, task: LanguageModel, limits: Limits, worker: Worker) -> None:
    async def stream(body: Any) -> StreamingResponse:
        """A text as it is written: server-sent events, an object of JSON each.

        Every token has its `text`, its `probability`, and the activations of `cells`, from -100 to
        100, whether it is of the `prompt` or new. The last event has `done`; in the place of one
        that fails stands an `error`.
        """
        options = body.model_dump(exclude_unset=True)
        prompt = options.pop("prompt", "")
        writing = await worker.run(Writing, task, prompt, options)
        # Headers are sent after the first event, so that a busy server can still refuse.
        events = writing.events()
        first = await worker.run(next, events)
        return StreamingResponse(
            _as_server_sent(first, lambda: worker.run(next, events)),
            media_type="text/event-stream",
        )

    stream.__annotations__["body"] = stream_body(limits)
    described: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/event-stream": {}}, "description": "The events."}
    }
    app.post("/stream", response_class=StreamingResponse, responses=REFUSALS | described)(stream)


async def _as_server_sent(
    event: dict[str, Any], following: Callable[[], Any]
) -> AsyncIterator[str]:
    """Events in the form of `text/event-stream`, to the one that is the last."""
    yield _line(event)
    while "done" not in event:
        try:
            event = await following()
        except (HTTPException, UserError) as error:
            event = {"error": getattr(error, "detail", str(error)), "done": "error"}
        yield _line(event)


def _line(event: dict[str, Any]) -> str:
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n"


def _add_refusals(app: FastAPI) -> None:
    """Every refusal is an object with one `error`, a text."""

    @app.exception_handler(HTTPException)
    async def refuse(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)

    @app.exception_handler(UserError)
    async def correct(_: Request, error: UserError) -> JSONResponse:
        return JSONResponse({"error": _printable(str(error))}, 422)

    @app.exception_handler(RequestValidationError)
    async def explain_what_is_wrong(_: Request, error: RequestValidationError) -> JSONResponse:
        if any(part["type"] == "json_invalid" for part in error.errors()):
            return JSONResponse({"error": "The body is no JSON."}, 400)
        parts = dict.fromkeys(map(_reason, error.errors()[:5]))
        return JSONResponse({"error": _printable("; ".join(parts))}, 422)

    @app.exception_handler(Exception)
    async def fail(_: Request, __: Exception) -> JSONResponse:
        return JSONResponse({"error": "The server failed; its log says why."}, 500)


def _reason(error: dict[str, Any]) -> str:
    """Where something is wrong, and what would be right, of an error of pydantic's."""
    place = ".".join(str(part) for part in error["loc"] if part != "body")
    return f"{place or 'the body'}: {error['msg']}"


def _printable(text: str) -> str:
    """A text without halves of characters, which JSON in UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
