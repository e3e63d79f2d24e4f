"""Public sets of instances: what they are, where they come from, and downloading them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from zerogap.models.base import InstanceError, parse_json
from zerogap.models.told import plainly
from zerogap.solvers.result import SolverError


@dataclass(frozen=True)
class DataSet:
    """A public set: its files with their sha256, relative to a base address.

    Parameters
    ----------
    name : str
    base : str
        Address the file names are relative to.
    files : dict of str to (str or None)
        sha256 by file name; None where the publisher's file may change.
    description : str
    """

    name: str
    base: str
    files: dict[str, str | None]
    description: str


def registry(path: str | None = None) -> dict[str, DataSet]:
    """The known sets; ``ZEROGAP_REGISTRY`` or `path` names another registry file."""
    given = path or os.environ.get("ZEROGAP_REGISTRY")
    if given:
        try:
            text = Path(given).read_text()
        except OSError as error:
            raise InstanceError(f"cannot be read: {error.strerror}", file=given) from None
    else:
        given = "data.json"
        text = resources.files("zerogap.bench").joinpath(given).read_text()
    data = parse_json(text, file=given)
    try:
        return {
            name: DataSet(name, d["base"], dict(d["files"]), d.get("description", ""))
            for name, d in data.items()
        }
    except (KeyError, TypeError, ValueError) as error:
        raise InstanceError(f"malformed registry: {plainly(error)}", file=given) from None


def cache_folder() -> Path:
    """Where sets are kept: ``ZEROGAP_CACHE``, else the user's cache directory."""
    given = os.environ.get("ZEROGAP_CACHE")
    if given:
        return Path(given)
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home) / "zerogap"


def fetch(name: str, *, echo=lambda line: None, into: str | None = None) -> Path:
    """Download a set, file by file; what is there with the right sha256 is not loaded again.

    ``ZEROGAP_MIRROR`` (an http(s) address or a folder) takes the place of the publisher's
    address; the mirror holds a folder a set.

    Parameters
    ----------
    name : str
        Name of the set.
    echo : callable
        Gets a line a file.
    into : str, optional
        Another folder than the cache.

    Returns
    -------
    Path
        Folder with the files.

    Raises
    ------
    InstanceError
        If the set is unknown.
    SolverError
        If a file cannot be had or is not what the registry says; files already there stay.
    """
    known = registry()
    if name not in known:
        raise InstanceError(f"unknown set {name!r} (known: {', '.join(known)})", field="set")
    data = known[name]
    folder = Path(into) if into else cache_folder() / name
    mirror = os.environ.get("ZEROGAP_MIRROR")
    for file, sha in data.files.items():
        target = folder / file
        if not target.resolve().is_relative_to(folder.resolve()):
            raise InstanceError(f"{file!r} leaves the folder of the set", field="registry")
        if target.exists() and (sha is None or _sha256(target) == sha):
            echo(f"{file}: there")
            continue
        _one(data, file, sha, target, mirror)
        echo(f"{file}: fetched")
    return folder


def _one(data: DataSet, file: str, sha: str | None, target: Path, mirror: str | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if mirror and urlsplit(mirror).scheme not in ("http", "https"):
        _copy(Path(mirror.removeprefix("file://")) / data.name / file, sha, target)
        return
    address = f"{mirror.rstrip('/')}/{data.name}/{file}" if mirror else f"{data.base}/{file}"
    try:
        import pooch
    except ModuleNotFoundError:
        raise SolverError("fetch needs the extra [data]: pip install 'zerogap[data]'") from None
    try:
        pooch.retrieve(
            address,
            known_hash=f"sha256:{sha}" if sha else None,
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(progressbar=False, timeout=30),
        )
    except ValueError as error:
        raise SolverError(f"{address}: not the file the registry names ({error})") from None
    except Exception as error:
        raise SolverError(
            f"{address}: {type(error).__name__} (offline? set ZEROGAP_MIRROR to a mirror or a "
            f"folder)"
        ) from None


def _copy(source: Path, sha: str | None, target: Path) -> None:
    if not source.is_file():
        raise SolverError(f"the mirror has no {source}")
    partial = target.with_name(target.name + ".part")
    shutil.copyfile(source, partial)
    if sha is not None and _sha256(partial) != sha:
        partial.unlink()
        raise SolverError(f"{source}: its sha256 is not the registry's")
    os.replace(partial, target)


def _sha256(path: Path) -> str:
    import hashlib

    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def listing() -> list[str]:
    """A line a set, for people."""
    return [f"{d.name:<22} {len(d.files):>4} files  {d.description}" for d in registry().values()]
