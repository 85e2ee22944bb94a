"""A server on this machine that holds presets, as a plain site and as the Hugging Face Hub does."""

import contextlib
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextlib.contextmanager
def serving(files):
    """Serve `{path: content}`; yields the address and the paths that were asked for.

    A path `owner/name/FILE` is that of a repository of the Hub.
    """
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, body):
            path = self.path.partition("?")[0].lstrip("/")
            asked.append(path)
            content, headers = self.content(path)
            status = 404 if content is None else 200
            content = b"not found" if content is None else content
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def content(self, path):
            parts = path.split("/")
            if parts[:2] == ["api", "models"]:
                return repository(files, "/".join(parts[2:4]))
            if "resolve" in parts:
                path = "/".join([*parts[:2], *parts[4:]])
                content = files.get(path)
                digest = hashlib.sha256(content or b"").hexdigest()
                return content, {"X-Repo-Commit": COMMIT, "ETag": f'"{digest}"'}
            return files.get(path), {}

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def repository(files, name):
    """What the Hub says of a repository."""
    names = [path.removeprefix(f"{name}/") for path in files if path.startswith(f"{name}/")]
    if not names:
        return None, {"X-Error-Code": "RepoNotFound"}
    content = {"id": name, "modelId": name, "sha": COMMIT, "private": False, "tags": []}
    content["siblings"] = [
        {"rfilename": file, "size": len(files[f"{name}/{file}"])} for file in names
    ]
    return json.dumps(content).encode(), {"Content-Type": "application/json"}
