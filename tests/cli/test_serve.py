"""`rnn-zoo serve`: what it serves, and what it says where it cannot."""

import shutil
import signal
import socket
import subprocess
import sys
import time

import httpx2
import pytest
from starlette.testclient import TestClient

from rnn_zoo.serve import server

SENTIMENT = "sentiment_lstm@synthetic_reviews"


@pytest.fixture
def serve(invoke, monkeypatch):
    """Run the command up to the point where it would wait; gives its result and a client."""

    def serve(*arguments):
        apps = []
        monkeypatch.setattr(server, "run", lambda app, listening, timeout: apps.append(app))
        result = invoke("serve", *arguments, "--port", 0)
        return result, TestClient(apps[0]) if apps else None

    return serve


def test_weights_in_the_package(serve):
    result, client = serve(SENTIMENT, "--max-inputs", 2, "--runtime", "keras")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("http://127.0.0.1:")
    assert result.stdout.endswith(f" serves {SENTIMENT} with tensorflow; Ctrl+C ends it\n")
    about = client.get("/model").json()
    assert about["card"]["license"] == "Apache-2.0"
    assert about["limits"]["max_inputs"] == 2
    assert client.post("/predict", json={"inputs": ["a", "b", "c"]}).status_code == 422


def test_a_run_is_answered_by_its_onnx_file(serve, shop, tmp_path):
    run = shutil.copytree(shop / "run", tmp_path / "mine")
    result, client = serve(run)
    assert result.exit_code == 0, result.stderr
    about = client.get("/model").json()
    assert (about["name"], about["runtime"], about["card"]) == ("mine", "onnxruntime", None)
    answered = client.post("/predict", json={"inputs": ["a b good"]}).json()["answers"]
    result, client = serve(run, "--runtime", "keras")
    assert client.get("/model").json()["runtime"] == "tensorflow"
    by_keras = client.post("/predict", json={"inputs": ["a b good"]}).json()["answers"]
    assert answered[0]["probabilities"] == pytest.approx(by_keras[0]["probabilities"], abs=1e-5)


def test_an_onnx_file_of_another_model_is_not_asked(serve, shop, tmp_path):
    run = shutil.copytree(shop / "run", tmp_path / "mine")
    (run / "onnx" / "model.onnx").write_bytes(b"of a model before")
    (run / "metrics.json").unlink()  # the run goes on
    result, client = serve(run)
    assert result.exit_code == 0, result.stderr
    assert client.get("/model").json()["runtime"] == "onnxruntime"  # a file made at the start


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn"])
def test_without_the_extra(invoke, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    for name in ("app", "server"):
        monkeypatch.delitem(sys.modules, f"rnn_zoo.serve.{name}", raising=False)
        monkeypatch.delattr(f"rnn_zoo.serve.{name}", raising=False)
    result = invoke("serve", SENTIMENT)
    assert result.exit_code == 2
    assert result.stderr == (
        f"Error: rnn-zoo serve needs {missing}: pip install 'rnn_zoo[serve]'.\n"
    )


def test_without_onnx_runtime(serve, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result, client = serve(SENTIMENT)
    assert client.get("/model").json()["runtime"] == "tensorflow"
    result, client = serve(SENTIMENT, "--runtime", "onnx")
    assert (result.exit_code, client) == (2, None)
    assert "pip install 'rnn_zoo[onnx]'" in result.stderr


def test_what_cannot_be_served(invoke):
    for arguments, message in (
        (["nothing"], "there is no such folder"),
        (["word_lm_lstm@python_reference", "--runtime", "onnx"], "is served by Keras"),
        ([SENTIMENT, "--host", "203.0.113.1"], "203.0.113.1:0 cannot be served"),
        ([SENTIMENT, "--timeout", "nan"], "no finite number"),
    ):
        result = invoke("serve", *arguments, "--port", 0)
        assert result.exit_code == 2
        assert message in result.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = invoke("serve", SENTIMENT, "--port", port)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: 127.0.0.1:{port} cannot be served: ")


def test_the_library_does_not_import_the_server():
    code = "import sys, rnn_zoo.cli; print(*sorted(m for m in sys.modules if 'serve.' in m))"
    code += "; print({'fastapi', 'uvicorn', 'starlette'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.split("\n")[1] == "set()", result.stderr
    assert "rnn_zoo.serve" not in result.stdout


@pytest.mark.slow
def test_a_server_answers_refuses_and_ends(tmp_path):
    command = [sys.executable, "-m", "rnn_zoo_command", "serve", SENTIMENT, "--port", "0"]
    process = subprocess.Popen(
        [*command, "--timeout", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        address = process.stdout.readline().split()[0]
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.sendall(b"GET /health HTTP/1.1\r\nX-Slow: ")
            slow.settimeout(10)
            began = time.monotonic()
            assert slow.recv(10) == b""  # closed
            assert 0.5 < time.monotonic() - began < 5
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.sendall(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
            slow.settimeout(10)
            assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
        with httpx2.Client(base_url=address) as client:
            for _ in range(3):
                time.sleep(0.7)  # a connection that is kept is not one that is slow
                assert client.post("/predict", json={"inputs": ["a joy"]}).status_code == 200
            assert client.get("/").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130, -signal.SIGINT)
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.communicate()
