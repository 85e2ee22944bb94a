"""Whatever is wrong with a request: a status, a line that says why, and a server that stays up."""

import asyncio
import threading

import pytest
from served_models import ADDER, CAPTIONER, SENTIMENT, TAGGER, TRANSLATOR, WRITER
from starlette.exceptions import HTTPException

from rnn_zoo.errors import DataError
from rnn_zoo.serve.batcher import Batcher
from rnn_zoo.serve.guard import Guard
from rnn_zoo.serve.limits import Limits
from rnn_zoo.serve.worker import Worker

JSON = {"content-type": "application/json"}
WRONG = {
    "no JSON": (SENTIMENT, "/predict", "{", 400, "no JSON"),
    "deep JSON": (SENTIMENT, "/predict", "[" * 100_000, 400, ""),
    "no UTF-8": (SENTIMENT, "/predict", b'{"inputs": ["\xff"]}', 400, ""),
    "nothing": (SENTIMENT, "/predict", "", 422, "required"),
    "another type": (SENTIMENT, "/predict", "3", 422, "the body:"),
    "no inputs": (SENTIMENT, "/predict", "{}", 422, "inputs: Field required"),
    "an empty batch": (SENTIMENT, "/predict", '{"inputs": []}', 422, "at least 1 item"),
    "a number": (SENTIMENT, "/predict", '{"inputs": ["a", 3]}', 422, "inputs.1: Input should be"),
    "a bare text": (SENTIMENT, "/predict", '{"inputs": "a"}', 422, "valid list"),
    "half a character": (SENTIMENT, "/predict", r'{"inputs": ["\ud800"]}', 422, "inputs.0"),
    "half a name": (SENTIMENT, "/predict", r'{"\ud800": 1}', 422, "the body:"),
    "an unknown key": (SENTIMENT, "/predict", '{"inputs": ["a"], "seed": 1}', 422, "seed: Extra"),
    "a long text": (SENTIMENT, "/predict", f'{{"inputs": ["{"a" * 10_001}"]}}', 422, "10000"),
    "many inputs": (SENTIMENT, "/predict", f'{{"inputs": ["a"{", 1" * 64}]}}', 422, ""),
    "a nested sentence": (TAGGER, "/predict", '{"inputs": [[["a"]]]}', 422, "inputs.0"),
    "not a number": (ADDER, "/predict", '{"inputs": [[[NaN, 1]]]}', 422, "finite"),
    "infinity": (ADDER, "/predict", '{"inputs": [[[1e999, 1]]]}', 422, "finite"),
    "another width": (ADDER, "/predict", '{"inputs": [[[1, 1, 1]]]}', 422, ""),
    "uneven steps": (ADDER, "/predict", '{"inputs": [[[1, 1], [1]]]}', 422, ""),
    "a series without steps": (ADDER, "/predict", '{"inputs": [[]]}', 422, "inputs.0"),
    "no base64": (CAPTIONER, "/predict", '{"inputs": ["/etc/passwd"]}', 422, ""),
    "no image": (CAPTIONER, "/predict", '{"inputs": ["aGVsbG8="]}', 422, "Example 0"),
    "no image to explain": (CAPTIONER, "/explain", '{"input": "aGVsbG8="}', 422, "Example 0"),
    "an unknown strategy": (
        TRANSLATOR,
        "/predict",
        '{"inputs": ["a"], "decoding": "beem"}',
        422,
        "There is no decoding strategy 'beem'",
    ),
    "a misplaced option": (
        TRANSLATOR,
        "/predict",
        '{"inputs": ["a"], "width": 3}',
        422,
        "greedy decoding has no option 'width'",
    ),
    "a wide beam": (
        TRANSLATOR,
        "/predict",
        '{"inputs": ["a"], "decoding": "beam", "width": 17}',
        422,
        "width: Input should be less than or equal to 16",
    ),
    "a long answer": (WRITER, "/stream", '{"max_new_tokens": 1001}', 422, "max_new_tokens"),
    "a hot sample": (WRITER, "/stream", '{"temperature": 1e300}', 422, "temperature"),
    "another page": (SENTIMENT, "/nothing", "{}", 404, "Not Found"),
    "another method": (SENTIMENT, "/health", "{}", 405, "Method Not Allowed"),
}


@pytest.mark.parametrize("case", WRONG)
def test_refused(client, case):
    name, path, body, status, message = WRONG[case]
    asking = client(name)
    response = asking.post(path, content=body, headers=JSON)
    assert response.status_code == status, response.text
    assert list(response.json()) == ["error"]
    assert message in response.json()["error"]
    assert asking.get("/health").json()["status"] == "ok"


def test_files_of_the_server_are_not_read(client, strips, tmp_path):
    """A path is what a captioner takes from Python, and not from a client."""
    (tmp_path / "a.png").write_bytes(strips[0][0])
    for path in (tmp_path / "a.png", f"file://{tmp_path}/a.png"):
        response = client(CAPTIONER).post("/predict", json={"inputs": [str(path)]})
        assert response.status_code == 422, response.text
    for path in ("/page/../app.py", "/page/%2e%2e/app.py", "/page//etc/passwd"):
        assert client(SENTIMENT).get(path).status_code == 404


def test_too_large(client):
    asking = client(SENTIMENT, max_bytes=1000)
    body = b'{"inputs": ["' + b"a" * 2000 + b'"]}'
    chunked = (body[i : i + 100] for i in range(0, len(body), 100))
    for content in (body, chunked, b"a" * 100_000, (b"a" * 1000 for _ in range(100))):
        response = asking.post("/predict", content=content, headers=JSON)
        assert response.status_code == 413
        assert "at most 1,000 bytes" in response.json()["error"]
        assert response.headers["content-security-policy"].startswith("default-src 'self'")
    assert asking.post("/predict", json={"inputs": ["a"]}).status_code == 200


def test_too_slow():
    """A body of which a part never arrives."""
    sent = []

    async def app(scope, receive, send):
        raise AssertionError("nothing comes through")

    async def ask():
        parts = iter([{"type": "http.request", "body": b'{"inputs"', "more_body": True}])

        async def receive():
            if (part := next(parts, None)) is None:
                await asyncio.sleep(60)
            return part

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/predict", "headers": []}
        await Guard(app, Limits(timeout=0.05))(scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 408
    assert b"within 0.05 seconds" in sent[1]["body"]


def test_too_busy_and_too_late():
    limits = Limits(max_waiting=2, timeout=0.2)
    held = threading.Event()

    async def ask():
        worker = Worker(limits)
        first, second = (asyncio.create_task(worker.run(held.wait, 30)) for _ in range(2))
        await asyncio.sleep(0.05)
        with pytest.raises(HTTPException) as busy:
            await worker.run(len, "a")
        late = await asyncio.gather(first, second, return_exceptions=True)
        assert worker.waiting == 1  # what has begun still runs; what waited has gone
        held.set()
        answer = await worker.run(len, "abc")
        worker.close()
        return busy.value, late, answer

    busy, late, answer = asyncio.run(ask())
    assert busy.status_code == 503
    assert busy.headers == {"Retry-After": "1"}
    assert [error.status_code for error in late] == [504, 504]
    assert answer == 3


def batched(requests, answer):
    """The answers, or errors, to requests that come while the model is busy."""

    async def ask():
        worker = Worker(Limits())
        batcher = Batcher(worker, answer, max_inputs=8)
        held = threading.Event()
        busy = asyncio.create_task(worker.run(held.wait, 30))
        asked = [asyncio.create_task(batcher.ask(inputs)) for inputs in requests]
        await asyncio.sleep(0.05)
        held.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        await busy
        worker.close()
        return answers

    return asyncio.run(ask())


def test_what_waits_is_answered_together():
    calls = []

    def answer(inputs):
        calls.append(len(inputs))
        return [x * 2 for x in inputs]

    requests = [[1, 2, 3], [4], [5, 6], [7], [8, 9, 10], [11]]
    assert batched(requests, answer) == [[2 * x for x in inputs] for inputs in requests]
    assert calls == [8, 3]  # the fifth and the last fit no more into the first


def test_a_wrong_request_harms_no_other():
    def answer(inputs):
        if "wrong" in inputs:
            raise DataError("It is wrong.")
        return [x.upper() for x in inputs]

    first, wrong, last = batched([["a", "b"], ["wrong"], ["c"]], answer)
    assert (first, last) == (["A", "B"], ["C"])
    assert str(wrong) == "It is wrong."


def test_a_failure_is_no_traceback(client, model, monkeypatch):
    monkeypatch.setattr(model(SENTIMENT), "answers", lambda *_: 1 / 0)
    response = client(SENTIMENT).post("/predict", json={"inputs": ["a"]})
    assert response.status_code == 500
    assert response.json() == {"error": "The server failed; its log says why."}
