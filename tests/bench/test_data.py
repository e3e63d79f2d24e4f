"""Fetching public sets: from a loopback server, from a folder, and from nowhere."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import threading

import pytest

from zerogap.bench import data
from zerogap.models.base import InstanceError
from zerogap.solvers.result import SolverError


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A public site with one set, and the registry that names it."""
    folder = tmp_path / "site" / "tiny"
    folder.mkdir(parents=True)
    files = {"a.txt": b"first", "b.txt": b"second" * 1000}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    registry = {
        "tiny": {
            "base": "http://127.0.0.1:1/nowhere",
            "description": "two files",
            "files": {n: hashlib.sha256(c).hexdigest() for n, c in files.items()},
        }
    }
    path = tmp_path / "registry.json"
    path.write_text(json.dumps(registry))
    monkeypatch.setenv("ZEROGAP_REGISTRY", str(path))
    monkeypatch.setenv("ZEROGAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ZEROGAP_MIRROR", raising=False)
    return tmp_path


@pytest.fixture
def server(site, monkeypatch):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site / "site"))
    handler_log = http.server.SimpleHTTPRequestHandler
    monkeypatch.setattr(handler_log, "log_message", lambda *_: None)
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    monkeypatch.setenv("ZEROGAP_MIRROR", f"http://127.0.0.1:{httpd.server_port}")
    yield site
    httpd.shutdown()
    httpd.server_close()


def test_download_and_resume(server):
    pytest.importorskip("pooch", reason="extra [data] is not installed")
    folder = data.fetch("tiny")
    assert (folder / "a.txt").read_bytes() == b"first"
    (folder / "b.txt").unlink()
    said = []
    data.fetch("tiny", echo=said.append)
    assert said == ["a.txt: there", "b.txt: fetched"]


def test_a_changed_file_is_refused(server):
    pytest.importorskip("pooch", reason="extra [data] is not installed")
    (server / "site" / "tiny" / "b.txt").write_bytes(b"tampered")
    with pytest.raises(SolverError, match="not the file"):
        data.fetch("tiny")
    assert not (server / "cache" / "tiny" / "b.txt").exists()


def test_folder_as_mirror(site, monkeypatch):
    monkeypatch.setenv("ZEROGAP_MIRROR", str(site / "site"))
    folder = data.fetch("tiny")
    assert sorted(p.name for p in folder.iterdir()) == ["a.txt", "b.txt"]
    (site / "site" / "tiny" / "a.txt").write_bytes(b"tampered")
    (folder / "a.txt").unlink()
    with pytest.raises(SolverError, match="sha256"):
        data.fetch("tiny")
    (site / "site" / "tiny" / "a.txt").unlink()
    with pytest.raises(SolverError, match="mirror has no"):
        data.fetch("tiny")


def test_offline_is_said_in_one_line(site):
    pytest.importorskip("pooch", reason="extra [data] is not installed")
    with pytest.raises(SolverError, match="offline") as error:
        data.fetch("tiny")
    assert "\n" not in str(error.value)


def test_unknown_set_and_bad_registry(site, monkeypatch):
    with pytest.raises(InstanceError, match="tiny"):
        data.fetch("huge")
    (site / "registry.json").write_text('{"x": {"files": 3}}')
    with pytest.raises(InstanceError, match="malformed"):
        data.registry()


def test_a_registry_cannot_leave_its_folder(site, monkeypatch):
    monkeypatch.setenv("ZEROGAP_MIRROR", str(site / "site"))
    (site / "registry.json").write_text(
        json.dumps({"evil": {"base": "x", "files": {"../../evil.txt": None}}})
    )
    with pytest.raises(InstanceError, match="leaves"):
        data.fetch("evil")


def test_the_package_registry_is_sound(monkeypatch):
    monkeypatch.delenv("ZEROGAP_REGISTRY", raising=False)
    sets = data.registry()
    assert sets
    for entry in sets.values():
        assert entry.base.startswith("https://") and entry.files
        assert all(sha is None or len(sha) == 64 for sha in entry.files.values())
    assert len(data.listing()) == len(sets)
