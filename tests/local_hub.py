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
                return repository(files, "/".join(parts[2:4]), "tree" in parts)
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


def repository(files, name, as_tree):
    """What the Hub says of a repository: its last commit, or the files of that."""
    prefix = f"{name}/"
    found = {path.removeprefix(prefix): files[path] for path in files if path.startswith(prefix)}
    if not found:
        return None, {"X-Error-Code": "RepoNotFound"}
    if as_tree:
        content = [
            {"type": "file", "path": file, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
            for file, data in found.items()
        ]
    else:
        content = {"id": name, "sha": COMMIT, "private": False, "tags": []}
        content["siblings"] = [{"rfilename": file} for file in found]
    return json.dumps(content).encode(), {"Content-Type": "application/json"}
