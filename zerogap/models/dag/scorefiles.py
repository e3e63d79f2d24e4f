"""Files of local scores: what GOBNILP and its kin read and write (``.jkl``, ``.jaa``, ``.pss``).

The first line of a ``.jkl`` file holds the number of variables. Each variable has a line with its
name and the number of its parent sets, and a line for each: score, number of parents, their names.
Scores are log scores, larger is better. ``.jaa`` files are the same. A ``.pss`` file has a line
``VAR name`` for a variable and lines ``score parent …`` for its sets.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.dag.categorical import LocalScores


def sniff_jkl(head: str, name: str) -> bool:
    """A number of variables, then a variable with as many lines of the right shape as it says."""
    lines = [line.split() for line in head.splitlines() if line.strip() and line[0] != "#"][:3]
    if len(lines) < 3 or len(lines[0]) != 1 or len(lines[1]) != 2 or len(lines[2]) < 2:
        return False
    if not (lines[0][0].isdigit() and lines[1][1].isdigit() and lines[2][1].isdigit()):
        return False
    try:
        float(lines[2][0])
    except ValueError:
        return False
    # A score is not a count: this tells them from graphs and shops of the same shape.
    named = name.removesuffix(".gz").endswith((".jkl", ".jaa", ".scores"))
    return named or ("." in lines[2][0] and len(lines[2]) == 2 + int(lines[2][1]))


def sniff_pss(head: str, name: str) -> bool:
    """Lines ``VAR name``, perhaps after ``META`` ones."""
    for line in head.splitlines():
        words = line.split()
        if words and words[0] != "META" and not words[0].startswith("#"):
            return words[0] == "VAR" and len(words) == 2
    return False


def _score(word: str, file: str, line: int) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if math.isnan(value) or value == math.inf:
        raise InstanceError(
            f"is {word!r}, expected a log score", file=file, line=line, field="score"
        )
    return value


def _integer(word: str, what: str, file: str, line: int) -> int:
    if not word.isdigit():
        raise InstanceError(f"is {word!r}, expected {what}", file=file, line=line)
    return int(word)


Raw = list[tuple[str, int, list[tuple[int, float, list[str]]]]]


def _build(raw: Raw, file: str, options: dict[str, Any]) -> LocalScores:
    """The instance from (name, line, [(line, score, parents), …]) of every variable."""
    names = [name for name, _, _ in raw]
    index: dict[str, int] = {}
    for name, line, _ in raw:
        if name in index:
            raise InstanceError(f"variable {name!r} stands twice", file=file, line=line)
        index[name] = len(index)
    scores, sets = [], []
    for name, line, entries in raw:
        seen: dict[tuple[int, ...], int] = {}
        values = []
        for at, score, parents in entries:
            for parent in parents:
                if parent not in index:
                    raise InstanceError(
                        f"parent {parent!r} of {name!r} is no variable of the file",
                        file=file, line=at,
                    )  # fmt: skip
            members = tuple(sorted(index[p] for p in parents))
            if index[name] in members or len(set(members)) < len(members):
                raise InstanceError(
                    f"{name!r} has the parents {', '.join(parents)}, expected other variables, "
                    "each once", file=file, line=at,
                )  # fmt: skip
            if members in seen:
                raise InstanceError(
                    f"the parents {{{', '.join(parents)}}} of {name!r} stand on line "
                    f"{seen[members]} already", file=file, line=at,
                )  # fmt: skip
            if score == -math.inf:
                continue  # a set that may not be used
            seen[members] = at
            values.append(score)
        if not values:
            raise InstanceError(f"{name!r} has no parent set", file=file, line=line)
        scores.append(values)
        sets.append(tuple(seen))
    fields = dict(options)
    from zerogap.models.dag.rulefiles import told

    fields |= told(fields.pop("rules"), fields.pop("truth"), tuple(names))
    return LocalScores(tuple(scores), tuple(sets), tuple(names), name=Path(file).stem, **fields)  # type: ignore[arg-type]


def read_jkl(text: str, *, file: str, max_parents: int | None = None, rules: str | None = None,
             truth: str | None = None) -> LocalScores:  # fmt: skip
    """A ``.jkl`` or ``.jaa`` file of local scores."""
    lines = [
        (k + 1, line.split())
        for k, line in enumerate(text.splitlines())
        if line.strip() and not line.startswith("#")
    ]
    last = lines[-1][0]
    rest = iter(lines)

    def following(what: str) -> tuple[int, list[str]]:
        for found in rest:
            return found
        raise InstanceError(f"ends here, expected {what}", file=file, line=last)

    at, words = following("the number of variables")
    if len(words) != 1:
        raise InstanceError("expected the number of variables", file=file, line=at)
    count = _integer(words[0], "the number of variables", file, at)
    raw: Raw = []
    for v in range(count):
        at, words = following(f"variable {v + 1} of {count}")
        if len(words) != 2:
            raise InstanceError(
                f"has {len(words)} words, expected a variable and the number of its parent sets",
                file=file, line=at,
            )  # fmt: skip
        name, begun = words[0], at
        entries = []
        sets = _integer(words[1], "the number of parent sets", file, at)
        if not sets:
            raise InstanceError(f"{name!r} has no parent set", file=file, line=at)
        for k in range(sets):
            at, words = following(f"parent set {k + 1} of {name!r}")
            score = _score(words[0], file, at)
            size = _integer(words[1] if len(words) > 1 else "", "the number of parents", file, at)
            if len(words) != 2 + size:
                raise InstanceError(
                    f"names {len(words) - 2} parents, expected {size}", file=file, line=at
                )
            entries.append((at, score, words[2:]))
        raw.append((name, begun, entries))
    for at, _ in rest:
        raise InstanceError(f"stands after the {count} variables", file=file, line=at)
    return _build(raw, file, {"max_parents": max_parents, "rules": rules, "truth": truth})


def write_jkl(instance: Any) -> str:
    """A table of local scores as a ``.jkl`` file.

    Raises
    ------
    InstanceError
        For instances that hold data, and names with blanks, which the format cannot hold.
    """
    if not isinstance(instance, LocalScores):
        raise InstanceError(
            "holds data, not local scores (zerogap.solvers.dag.results.scores makes them)"
        )
    for name in instance.names:
        if len(name.split()) != 1:
            raise InstanceError(f"the name {name!r} has blanks", field="names")
    lines = [str(instance.variables)]
    for name, scores, sets in zip(instance.names, instance.scores, instance.sets):
        lines.append(f"{name} {len(sets)}")
        for score, s in zip(scores.tolist(), sets):
            lines.append(" ".join([repr(score), str(len(s)), *(instance.names[i] for i in s)]))
    return "\n".join(lines) + "\n"


def read_pss(text: str, *, file: str, max_parents: int | None = None, rules: str | None = None,
             truth: str | None = None) -> LocalScores:  # fmt: skip
    """A ``.pss`` file of local scores (URLearning)."""
    raw: Raw = []
    for k, line in enumerate(text.splitlines()):
        words = line.split()
        if not words or words[0] == "META" or words[0].startswith("#"):
            continue
        if words[0] == "VAR":
            if len(words) != 2:
                raise InstanceError("expected VAR and a name", file=file, line=k + 1)
            raw.append((words[1], k + 1, []))
        elif not raw:
            raise InstanceError("stands before the first VAR line", file=file, line=k + 1)
        else:
            raw[-1][2].append((k + 1, _score(words[0], file, k + 1), words[1:]))
    if not raw:
        raise InstanceError("holds no variable", file=file)
    return _build(raw, file, {"max_parents": max_parents, "rules": rules, "truth": truth})
