"""The sentences of the texts about robots and cities, and what each says.

``SENTENCES`` are patterns with what they tell; ``SILENT`` are sentences that repeat what another
one says, in other words. A sentence of neither list is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from zerogap.models.base import InstanceError
from zerogap.models.routing.formats.robot_facts import Facts

# fmt: off
_WORDS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
# fmt: on

_N = r"(\d+(?:\.\d+)?)"
_WORD = r"([a-z]+(?:-[a-z]+)?|\d+)"
_CITY = r"[Cc]ity\s+(\d+)"


def number(word: str) -> int:
    """A number in words or digits, up to ninety-nine.

    Raises
    ------
    InstanceError
        If it is none.
    """
    word = word.lower()
    if word.isdigit():
        return int(word)
    if word in ("a", "an"):
        return 1
    if word in _WORDS:
        return _WORDS.index(word)
    tens, _, ones = word.partition("-")
    if tens in _TENS and (not ones or ones in _WORDS[1:10]):
        return 10 * (_TENS.index(tens) + 2) + (_WORDS.index(ones) if ones else 0)
    raise InstanceError(f"{word!r} is no number")


def _cities(text: str) -> list[int]:
    return [int(k) for k in re.findall(r"\d+", text)]


def _coordinates(facts: Facts, m: re.Match) -> None:
    facts.city(int(m[1]), float(m[2]), float(m[3]))
    if m[4]:
        facts.depots.add(int(m[1]))


def _row(facts: Facts, m: re.Match) -> None:
    entries = [e.strip() for e in m[1].split(",")]
    bad = [e for e in entries if not re.fullmatch(r"\d+(?:\.\d+)?", e)]
    if bad:
        raise InstanceError(f"{bad[0]!r} is no distance")
    facts.rows.append(([float(e) for e in entries], facts.line))


def _entry(facts: Facts, m: re.Match) -> None:
    for a, b, d in re.findall(r"city (\d+) and city (\d+) is (\d+(?:\.\d+)?)", m[0]):
        i, j = int(a) - 1, int(b) - 1
        rows = [row for row, _ in facts.rows]
        if not (0 <= i < len(rows) and 0 <= j < len(rows[i])) or rows[i][j] != float(d):
            raise InstanceError(f"the matrix does not say {d} from city {a} to city {b}")


def _group(facts: Facts, m: re.Match) -> None:
    facts.once("group", m[1], _cities(m[2]))
    if not _cities(m[2]):
        raise InstanceError(f"group {m[1]} has no city")


def _sells(facts: Facts, m: re.Match) -> None:
    if facts.open_city is None:
        raise InstanceError("no city sells these units, expected 'City …:' before")
    facts.once("units", facts.open_city, (int(m[1]), float(m[2])))


def _carries(facts: Facts, m: re.Match) -> None:
    for name, units in re.findall(r"Robot (\w+) can carry up to (\d+) units", m[0]):
        facts.once("capacity", name, int(units))


def _colours(facts: Facts, m: re.Match) -> None:
    colours = re.findall(r"'([^']*)'", m[2])
    if not colours:
        raise InstanceError(f"city {m[1]} has no colour")
    facts.once("colours", int(m[1]), frozenset(colours))
    if m[3]:
        facts.depots.add(int(m[1]))


def _window(facts: Facts, m: re.Match) -> None:
    first, last = float(m[2]), float(m[3])
    if last < first:
        raise InstanceError(f"the window closes at {m[3]} before it opens at {m[2]}")
    facts.once("window", int(m[1]), (first, last))


def _whole(key: str, value: object = True) -> Callable[[Facts, re.Match], None]:
    """What holds for the whole, said by the sentence alone."""
    return lambda facts, m: facts.once("whole", key, value)


def _count(key: str, group: int = 1) -> Callable[[Facts, re.Match], None]:
    return lambda facts, m: facts.once("whole", key, number(m[group]))


def _amount(key: str, group: int = 1) -> Callable[[Facts, re.Match], None]:
    return lambda facts, m: facts.once("whole", key, float(m[group]))


def _city(key: str, group: int = 1) -> Callable[[Facts, re.Match], None]:
    return lambda facts, m: facts.once("whole", key, int(m[group]))


def _robot(facts: Facts, m: re.Match) -> None:
    facts.once("robot", m[1], m[2])


def _start(facts: Facts, m: re.Match) -> None:
    facts.once("whole", "start", int(m[1]))


def _home(facts: Facts, m: re.Match) -> None:
    _start(facts, m)
    facts.once("whole", "end", int(m[2]))


def _depots(facts: Facts, m: re.Match) -> None:
    """The cities named in the last group of words."""
    words = [g for g in m.groups() if "City" in g]
    facts.once("whole", "depots", tuple(sorted(_cities(words[-1]))))


def _counted_depots(facts: Facts, m: re.Match) -> None:
    _depots(facts, m)
    if number(m[1]) != len(_cities(m[2])):
        raise InstanceError(f"{m[1]} depots are counted, {len(_cities(m[2]))} are named")


def _order(facts: Facts, m: re.Match) -> None:
    order = tuple(_cities(m[1]))
    if list(order) != sorted(set(order)):
        raise InstanceError("the cities of a sequence are not in ascending order")
    facts.once("whole", "order", order)


def _opened(facts: Facts, m: re.Match) -> None:
    facts.open_city = int(m[1])


def _both(*takes: Callable[[Facts, re.Match], None]) -> Callable[[Facts, re.Match], None]:
    def take(facts: Facts, m: re.Match) -> None:
        for one in takes:
            one(facts, m)

    return take


def _said(*rows: tuple[str, Callable[[Facts, re.Match], None]]):
    return [(re.compile(pattern), take) for pattern, take in rows]


_ROBOTS = r"(?:All|The|Each) robots?"
_BY_MATRIX = r"(?:is )?determined by the distance matrix"

SENTENCES = _said(
    # -- where the cities are
    (rf"There are {_WORD} cities(?:, each with a specified location:|\.)", _count("cities")),
    (rf"City (\d+): \({_N},\s*{_N}\)(\s+\[Depot\])?", _coordinates),
    (r"The distance between each pair of cities (?:are|is) presented in a distance matrix below:",
     _whole("metric", "matrix")),
    (r"\[([^\]]*)\],?", _row),
    (r"For example, (?:the distance between city \d+ and city \d+ is [\d.]+(?:, )?)+\.?", _entry),
    (r"There are " + _WORD + r" depots: (City.*)\.", _counted_depots),
    (r"(City \d+(?:,? (?:and )?City \d+)*) are all depots\.", _depots),
    # -- groups, products, colours
    (rf"There are {_WORD} city groups[:.]", _count("groups")),
    (r"City group (\w+):\s*(.*)", _group),
    (r"City (\d+):", _opened),
    (rf"(\d+) units? at \${_N} each", _sells),
    (r"City (\d+): \[(.*)\](\s+# Depot)?", _colours),
    (r"Robot (\w+): ([a-z]+)", _robot),
    # -- robots
    (r"There is (a|one) robot\.", _count("robots")),
    (r"(\w+(?:-\w+)?) robots are available for the task\.", _count("robots")),
    (rf"The robot (?:starts|is) at {_CITY}\.", _start),
    (rf"{_ROBOTS} start their journeys from the depot \({_CITY}\), and the travel cost between any "
     r"two cities is determined by the Euclidean distance\.",
     _both(_start, _whole("metric", "plane"))),
    (rf"{_ROBOTS} start their journeys from the depot \({_CITY}\), and the travel cost between any "
     r"two cities is determined by the distance matrix\.",
     _both(_start, _whole("metric", "matrix"))),
    (rf"{_ROBOTS} start their journeys from the depot \({_CITY}\), and the travel cost between any "
     r"two cities is determined by the 10 times the Euclidean distance between these two cities\.",
     _both(_start, _whole("metric", "plane"), _whole("factor", 10.0))),
    (r"The travel cost(?: of the robot)? is the Euclidean distance between two cities\.",
     _whole("metric", "plane")),
    (r"The travel cost between any two cities is determined by the Euclidean distance\.",
     _whole("metric", "plane")),
    (r"The travel cost between any two cities is determined by the distance matrix\.",
     _whole("metric", "matrix")),
    (rf"The travel cost is {_N} times the Euclidean distance between two cities\.",
     _both(_amount("factor"), _whole("metric", "plane"))),
    (rf"The travel cost between any two cities is determined by the {_N} times the Euclidean "
     r"distance between these two cities\.", _both(_amount("factor"), _whole("metric", "plane"))),
    (rf"{_ROBOTS} travels? 1 unit of distance with 1 unit of time\.", _whole("speed", 1)),
    (r"Robot \w+ can carry up to .*", _carries),
    (rf"The robot has the energy, which allows it to travel at most {_N} units of distance\.",
     _amount("energy")),
    (r"All robots have the same amount of energy, which can only allow them to travel at most "
     rf"{_N} units of distance\.", _amount("energy")),
    (r"All robots can recharge at any depot, and the energy will be fully recharged to "
     rf"{_N} units after recharging\.", _both(_amount("energy"), _whole("recharge"))),
    (r"The robot can recharge at any depot, and the energy will be fully recharged after "
     r"recharging\.", _whole("recharge")),
    (r"Each time (?:the|a) robot visits any depot city \((.*)\), its energy is fully recharged to "
     rf"{_N} units, allowing it to continue its tour with renewed energy capacity\.",
     _both(_depots, _amount("energy", 2), _whole("recharge"))),
    # -- objective
    (r"The goal is to minimize the tour cost\.", _whole("objective", "cost")),
    (r"(?:The (?:goal|objective) is(?: to)?|)\s*[Mm]inimi[sz](?:e|ing) the maximum "
     r"(?:tour costs?|cost of the tours) among all robots"
     r"(?: under the given constraints|, while considering energy management and depot visits "
     r"\(crucial to achieving this objective\))?\.", _whole("objective", "longest")),
    (r"The objective is minimizing the tour costs, while considering energy management and depot "
     r"visits \(crucial to achieving this objective\)\.", _whole("objective", "cost")),
    (r"The goal is to minimize the tour costs \(travel cost \+ purchasing cost\) while satisfying "
     rf"buy {_N} units of product\.", _both(_whole("objective", "cost"), _amount("quota"))),
    (r"The goal is to minimize the maximum tour costs \(travel cost \+ purchasing cost\) among all "
     r"robots(?: under the given constraints)?\.", _whole("objective", "longest")),
    (r"Primary objective: minimize the (?:maximum )?travel cost between any two consecutive cities "
     r"in (?:the|any) robot's tour\.", _whole("objective", "bottleneck")),
    (r"Secondary objective: minimize the discrepancy or balance the tour costs(?: among all "
     r"robots)?\.", _whole("then", "balance")),
    (r"The primary objective is minimizing the maximum travel cost between any two consecutive "
     r"cities in any robot's tour\.", _whole("objective", "bottleneck")),
    (r"The secondary objective is minimizing the discrepancy or balance the tour costs among all "
     r"robots\.", _whole("then", "balance")),
    # -- constraints
    (rf"(?:The|Each) robot starts its tour from the depot \({_CITY}\) and must return to the depot "
     rf"\({_CITY}\) after completing its tour\.", _home),
    (rf"(?:The|Each) robot starts its tour from the depot \({_CITY}\) and must return to the depot "
     r"after completing its tour\.",
     _both(_start, _city("end"))),
    (rf"(?:The|Each) robot starts its tour from the depot \({_CITY}\) and must return to one of "
     r"the depots after completing its tour\.", _both(_start, _whole("end", "any depot"))),
    (r"All robots must return to one of the depots after completing their tours of the cities\.",
     _whole("end", "any depot")),
    (r"Each city must be visited exactly once(?: by one of the robots)?"
     r"(?:,? and no city should be|,? ensuring no city is)?(?: visited by more than one robot)?\.",
     _whole("visits", "each city once")),
    (r"Each selected city must be visited exactly once(?: by one of the robots)?\.",
     _whole("visits", "each city once")),
    (r"Each city can be visited at most once(?: by one of the robots)?\.",
     _whole("visits", "at most once")),
    (r"Each city can be visited (?:by multiple robots? )?multiple times\.",
     _whole("visits", "repeatedly")),
    (r"Each city must be visited by at least one robot one time\.", _whole("visits", "repeatedly")),
    (r"Each city group must be visited exactly once(?: by one of the robots)?"
     r"(?:, (?:and no city group should be|ensuring no city group is) visited by more than one "
     r"robot)?\.", _whole("visits", "one of a group")),
    (r"Depot cities must be visited at least once(?: by any one of the robots)?\.",
     _whole("every depot")),
    (rf"Each city within {_N} units of distance from the depot must be visited\.",
     _amount("radius")),
    (rf"Only cities within a {_N}-unit distance from the depot \({_CITY}\) are selected for "
     r"visits\.", _both(_amount("radius"), _city("start", 2))),
    (rf"The robot will only visit the cities with the distance to the city (\d+) less than or "
     rf"equal to {_N} units\.", _both(_city("start"), _amount("radius", 2))),
    (r"Within (?:a tour of the robot|the tours of any robot), if any subset of the cities "
     r"([\d, and]+) are visited, they must be visited in the sequence dictated by their "
     r"numbering\.", _order),
    (r"This sequential constraint applies .* ensuring that the order (\d+(?: (?:->|→) \d+)+) is "
     r"maintained for any cities present from this list(?:, even if not all are visited by the "
     r"same robot)?\.", _order),
    (r"Each robot can only visit cities that match its color\.", _whole("coloured")),
    (r"Robots are color-coded and can only visit cities matching their color\.",
     _whole("coloured")),
    (rf"City (\d+): Time window \[{_N}, {_N}\]", _window),
    (r"City (\d+): This (?:city )?is the (?:city where the )?depot\.",
     _start),
    (r"If a city (?:be|is) visited by (?:a|the) robot, the robot must purchase all units of the "
     r"product from the city\.", _whole("all units")),
    (rf"All robots collaborate to buy {_N} units of product in total\.", _amount("quota")),
    (rf"The robot needs to buy {_N} units of product\.", _amount("quota")),
    (r"The product amount that a robot carries should not exceed its capacity\.",
     _whole("capacities")),
    (rf"You must use exactly {_WORD} robots for the task\.", _count("exactly")),
)  # fmt: skip

#: What frames a text, explains the sentences above, or says them again.
SILENT = [
    re.compile(pattern)
    for pattern in (
        r"(?i:Environment information|Robot information|Objective|Constraints):?",
        r"Each city may sell different products at different prices\.",
        r"Each city has its own colors\.",
        r"Each robot has its own capacity\.",
        r"The colors of the (?:cities|robots) are as follows:",
        r"The index of the (?:row|raw) and column is 1-based\.",
        r"For each value in the matrix, the row index represents the starting city, and the column "
        r"index represents the destination city\.",
        r"(?:All robots|The robot) can travel between any two cities(?:, except travel between the "
        r"same city)?\.",
        r"It's crucial that the solution first and foremost addresses the primary objective, with "
        r"the secondary objective considered only after the primary has been optimized\.",
        r"No city should be visited by more than one robot\.",
        r"You should also consider the sequence constraints\.",
        r"There are sequence constraints\.",
        r"This means that:",
        r"If a robot's tour includes city \d+ and any of the cities [\d, or]+, then city \d+ must "
        r"be visited before any of these cities in the specified sequence\.",
        r"If a robot's tour includes cities \d+ and \d+, for example, city \d+ must come before "
        r"city \d+ in the tour\.",
        r"Each city has a service time window(?: \[start time, end time\])?\.",
        r"Robots must visit the cities within the given time window\.",
        r"After a city's end time of service, it cannot be visited\.",
        r"(?:This city|It) can be visited at any time\.",
        r"Energy constraints:?",
        r"Visiting a depot not only allows for energy recharge but also is necessary for (?:the "
        r"robot|the robots) to extend (?:its tour|their tours) beyond the initial energy limit\.",
        r"(?:The robot|All robots) must arrive at a depot before they run out of energy\.",
        r"Otherwise, the tour will be failed\.",
        r"You need to plan the tours? considering the energy constraints, ensuring that (?:the "
        r"robot|robots) visit a depot before (?:its energy|their energy) depletes, to recharge\.",
        r"For instance, a robot might start at City \d+(?:, visit City \d+(?:, City \d+)*)?, then "
        r"recharge at City \d+ before continuing its tour\.",
        r"All robots collaborate\.",
    )
]
