"""Instance files: opening, unpacking within bounds, recognising, writing."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from zerogap.models import base, nearly
from zerogap.models.base import Family, Format, InstanceError

#: How many bytes a file may have after unpacking, unless ``ZEROGAP_MAX_BYTES`` says otherwise.
MAX_BYTES = 4 * 2**30
_HEAD = 64 * 1024


def max_bytes() -> int:
    """The limit on an unpacked file, in bytes."""
    return int(os.environ.get("ZEROGAP_MAX_BYTES", MAX_BYTES))


def load(path: str | os.PathLike) -> tuple[bytes, str]:
    """Bytes of a file (``-``: standard input), gz and one-member zip unpacked, and its name.

    Raises
    ------
    InstanceError
        If the file cannot be read, is a directory, is damaged or unpacks beyond `max_bytes`.
    """
    if not isinstance(path, str | os.PathLike):
        kind = "nothing" if path is None else f"an object of type {type(path).__name__}"
        raise TypeError(f"expected the path of a file, got {kind}")
    file = str(path)
    if file == "-":
        raw, file = sys.stdin.buffer.read(max_bytes() + 1), "<stdin>"
    else:
        try:
            if Path(path).is_dir():
                raise InstanceError("is a directory, expected a file", file=file)
            if Path(path).exists() and not Path(path).is_file():
                raise InstanceError("is not a regular file", file=file)
            with open(path, "rb") as stream:
                raw = stream.read(max_bytes() + 1)
        except OSError as error:
            raise InstanceError(f"cannot be read: {error.strerror}", file=file) from None
        except ValueError as error:
            raise InstanceError(f"cannot be read: {error}", file=file) from None
    if len(raw) > max_bytes():
        raise InstanceError(f"is larger than {max_bytes()} bytes", file=file)
    if raw[:2] == b"\x1f\x8b":
        return _bounded(gzip.GzipFile(fileobj=io.BytesIO(raw)), file), file.removesuffix(".gz")
    if raw[:4] == b"PK\x03\x04" and not file.lower().endswith((".xlsx", ".xlsm", ".npz")):
        return _unzip(raw, file), file.removesuffix(".zip")
    return _utf8(raw, file), file


def _utf8(raw: bytes, file: str) -> bytes:
    """UTF-16 that says so by its byte order mark as UTF-8, anything else as it is."""
    if raw[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return raw
    try:
        return raw.decode("utf-16").encode()
    except UnicodeError as error:
        raise InstanceError(
            f"is no UTF-16 text, as its first bytes say: {error}", file=file
        ) from None


def _unzip(raw: bytes, file: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) != 1:
                raise InstanceError(f"holds {len(members)} files, expected one", file=file)
            with archive.open(members[0]) as stream:
                return _bounded(stream, file)
    # zipfile raises NotImplementedError for an unknown compression, RuntimeError for a password.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InstanceError(f"damaged zip file: {error}", file=file) from None


def _bounded(stream: Any, file: str) -> bytes:
    """Unpack piecewise, so that a bomb is refused before it fills the memory."""
    chunks, total, limit = [], 0, max_bytes()
    try:
        while chunk := stream.read(1 << 20):
            total += len(chunk)
            if total > limit:
                raise InstanceError(f"unpacks to more than {limit} bytes", file=file)
            chunks.append(chunk)
    except (EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
        raise InstanceError(f"truncated or damaged: {error}", file=file) from None
    return b"".join(chunks)


def text_of(raw: bytes, file: str) -> str:
    """Decode as UTF-8; NUL bytes and bad sequences mean that the file is binary."""
    nul = raw.find(b"\0", 0, _HEAD)
    if nul >= 0:
        raise InstanceError("is a binary file, expected text", file=file)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InstanceError("is not UTF-8 text", file=file, line=line) from None


def recognise(
    raw: bytes, file: str, family: str | None = None, options: Iterable[str] = ()
) -> tuple[Family, Format]:
    """Family and format of a file's contents.

    Families that do not know all of the `options` are left out, unless none knows them: bare
    pairs of numbers with ``attributes=…`` are a graph, not a shop.

    Raises
    ------
    InstanceError
        If the file is empty, nobody knows its format, or two families could be meant.
    """
    if not raw.strip():
        raise InstanceError("is empty", file=file)
    head = raw[:_HEAD]
    candidates = base.names() if family is None else (family,)
    if family is None:
        wanted = set(options)
        fitting = [n for n in candidates if wanted <= {o.name for o in base.family(n).options}]
        candidates = tuple(fitting) or candidates
    text = None if b"\0" in head else head.decode("utf-8-sig", errors="replace")
    alone = len(candidates) == 1
    found = (_format(base.family(name), head, text, file, alone) for name in candidates)
    matches = [match for match in found if match is not None]
    if head.lstrip()[:1] == b"{" and b'"zerogap":' in head[:400] and b'"status":' in head:
        # Of matmul a result is an instance, too: its scheme. No other family's reader is meant.
        matches = [match for match in matches if match[0].name == "matmul"]
        if not matches:
            raise InstanceError(
                "is a result of `zerogap solve`, expected an instance (the result comes second in "
                "check and plot, and after --start)",
                file=file,
            )
    weakest = min((int(match[1].shape) for match in matches), default=2)
    nearest = nearly.table(text, candidates)
    if weakest == 2 and (hint := nearly.json_hint(text, candidates)):
        raise InstanceError(hint, file=file)
    if weakest and family is None and nearest is not None and nearest.misspelt:
        raise InstanceError(
            f"{nearest}; if it is no such table, name its family with --family", file=file, line=1
        )
    named = [match for match in matches if match[1].shape == weakest]
    if len(named) > 1:
        ending = [m for m in named if file.removesuffix(".gz").endswith(m[1].suffixes)]
        named = ending if len(ending) == 1 else named
    if len(named) == 1:
        return named[0]
    if named:
        ways = " or ".join(f"{known.title} ({fmt.name})" for known, fmt in named)
        flags = " or ".join(f"--family {known.name}" for known, _ in named)
        raise InstanceError(f"could be {ways}: say which with {flags}", file=file)
    if text is None:
        raise InstanceError("is a binary file of no known format", file=file)
    if family is not None:
        raise InstanceError(_none_of(base.family(family), nearest), file=file)
    if nearest is not None:
        raise InstanceError(f"no family recognises this file; {nearest}", file=file, line=1)
    suffix = Path(file).suffix
    readers = [
        f"{name} ({f.name})"
        for name in base.names()
        for f in base.family(name).formats
        if suffix and file.endswith(f.suffixes)
    ]
    hint = f"; files that end in {suffix} can be {', '.join(readers)}" if readers else ""
    raise InstanceError(
        f"no family recognises this file: name its family with --family (of "
        f"{', '.join(base.names())}) to learn what is missing{hint}",
        file=file,
    )


def _none_of(known: Family, nearest: nearly.Nearest | None) -> str:
    """That a file is in no format of a family, and what it would have to look like."""
    formats = ", ".join(f.name for f in known.formats)
    message = f"is in none of the formats of {known.name} ({formats})"
    if nearest is not None:
        return f"{message}; {nearest}"
    tables = [f for f in known.formats if f.columns]
    if tables:
        message += f"; a table has the columns {', '.join(tables[0].columns)}"
    return f'{message}; a JSON file says "family": "{known.name}"'


def _format(
    known: Family, head: bytes, text: str | None, file: str, alone: bool
) -> tuple[Family, Format] | None:
    """The family with its first format that recognises the file."""
    for fmt in known.formats:
        sample = head if fmt.binary else text
        if fmt.named and not alone:
            continue
        if sample is not None and fmt.sniff(sample, file):
            return known, fmt
    return None


def read(path: str | os.PathLike, *, family: str | None = None, **options: Any) -> Any:
    """Read an instance; its family is recognised from the contents.

    Parameters
    ----------
    path : str or path
        File, packed with gz or zip or not; ``-`` is standard input.
    family : str, optional
        Decides where two families could be meant.
    **options
        Settings of the family that belong to its instances (``zerogap families`` lists them).

    Returns
    -------
    instance

    Raises
    ------
    InstanceError
        With file, line and field.
    """
    instance, rest = read_for_solving(path, family=family, **options)
    if rest:
        raise InstanceError(
            "belongs to solving, not to reading", field=f"option {next(iter(rest))}"
        )
    return instance


def read_for_solving(
    path: str | os.PathLike, *, family: str | None = None, **options: Any
) -> tuple[Any, dict[str, Any]]:
    """Like `read`; options that belong to solving are given back, parsed."""
    raw, file = load(path)
    known, fmt = recognise(raw, file, family, options)
    settings, rest = known.reading(options)
    try:
        return parse(raw, file, fmt, settings), rest
    except InstanceError as error:
        if fmt.shape and family is None:  # nothing but its shape spoke for it
            error.message += f" (taken for {known.name}, {fmt.name}: --family names another)"
        raise


def parse(raw: bytes, file: str, fmt: Format, settings: dict[str, Any]) -> Any:
    """The instance in `raw`; every failure of a reader comes out as an `InstanceError`."""
    data = raw if fmt.binary else text_of(raw, file)
    try:
        return fmt.read(data, file=file, **base.wanted(fmt.read, settings, fmt.name))
    except InstanceError as error:
        error.file = error.file or file
        raise
    except MemoryError:
        raise InstanceError("is too large for the memory of this machine", file=file) from None
    except OverflowError as error:
        raise InstanceError(f"a number is too large: {error}", file=file) from None


def write(instance: Any, path: str | os.PathLike, *, format: str | None = None) -> None:
    """Write an instance; the format follows from the file's suffix, or from `format`.

    Raises
    ------
    InstanceError
        If the family cannot write that format.
    """
    known = base.family_of(instance)
    writable = [f for f in known.formats if f.write is not None]
    name = str(path)
    if format is not None:
        chosen = [f for f in writable if f.name == format]
    else:
        chosen = [f for f in writable if name.endswith(f.suffixes)]
    if not chosen:
        ways = ", ".join(f"{f.name} ({f.suffixes[0]})" for f in writable)
        raise InstanceError(f"{known.name} cannot write this format (can: {ways})", file=name)
    assert chosen[0].write is not None
    data = chosen[0].write(instance)
    payload = data if isinstance(data, bytes) else data.encode()
    if name == "-":
        sys.stdout.buffer.write(payload)
        sys.stdout.buffer.flush()
        return
    replace(path, payload)


def probe(path: str | os.PathLike) -> None:
    """Find out now whether `replace` could write this file later; leaves nothing behind.

    Raises
    ------
    InstanceError
        Saying what is in the way.
    """
    target = Path(path)
    if target.is_dir():
        raise InstanceError("cannot be written: is a folder", file=str(path))
    try:
        if target.exists() and not target.is_file():  # a device or a pipe
            if not os.access(target, os.W_OK):
                raise InstanceError("cannot be written: Permission denied", file=str(path))
            return
        partial = _partial(target)
        partial.touch()
        partial.unlink()
    except OSError as error:
        raise InstanceError(f"cannot be written: {error.strerror}", file=str(path)) from None


def _partial(target: Path) -> Path:
    """The file beside `target` that is renamed once it is whole."""
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def replace(path: str | os.PathLike, payload: bytes) -> None:
    """Write a file whole or not at all."""
    target = Path(path)
    if target.exists() and not target.is_file():  # a device or a pipe: nothing to replace
        try:
            target.write_bytes(payload)
        except OSError as error:
            raise InstanceError(f"cannot be written: {error.strerror}", file=str(path)) from None
        return
    partial = _partial(target)
    try:
        partial.write_bytes(payload)
        os.replace(partial, target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InstanceError(f"cannot be written: {error.strerror}", file=str(path)) from None
