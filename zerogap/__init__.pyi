# Made by tools/typing_stub.py from the families' methods, options and generators; do not edit.
import threading
from collections.abc import Callable, Collection, Generator
from typing import Any, Literal, overload

from zerogap.models import dag as dag
from zerogap.models import fairclique as fairclique
from zerogap.models import jobshop as jobshop
from zerogap.models import mapf as mapf
from zerogap.models import matmul as matmul
from zerogap.models import routing as routing
from zerogap.models import scheduling as scheduling
from zerogap.models import scratchpad as scratchpad
from zerogap.models import treeprune as treeprune
from zerogap.models.base import Model as Model
from zerogap.models.base import digest as digest
from zerogap.models.base import family as family
from zerogap.models.base import family_of as family_of
from zerogap.models.base import names as names
from zerogap.models.base import register as register
from zerogap.models.errors import InfeasibleSolution as InfeasibleSolution
from zerogap.models.errors import InstanceError as InstanceError
from zerogap.models.files import read as read
from zerogap.models.files import write as write
from zerogap.solvers import Found as Found
from zerogap.solvers import methods as methods
from zerogap.solvers.audit import Audit as Audit
from zerogap.solvers.audit import audit as audit
from zerogap.solvers.result import Limits as Limits
from zerogap.solvers.result import Result as Result
from zerogap.solvers.result import SolverError as SolverError
from zerogap.solvers.result import Status as Status
from zerogap.solvers.result import load_result as load_result
from zerogap.solvers.result import load_solution as load_solution
from zerogap.solvers.result import versions as versions

__version__: str
__all__: list[str]

def explain(
    instance: Any,
    result: Any = ...,
    *,
    seconds: float = ...,
) -> list[Any]: ...
@overload
def solve(
    instance: routing.Routing,
    *,
    method: Literal["auto", "kernel", "exact", "columns"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
) -> Result[routing.Routing, routing.Routes]: ...
@overload
def solve(
    instance: jobshop.JobShop | jobshop.FlexibleJobShop,
    *,
    method: Literal["auto", "kernel", "exact", "dispatch"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    rule: str = ...,
    backend: Literal["cp-sat", "highs"] = ...,
    horizon: int | None = ...,
) -> Result[jobshop.JobShop | jobshop.FlexibleJobShop, jobshop.Schedule]: ...
@overload
def solve(
    instance: fairclique.FairClique,
    *,
    method: Literal[
        "auto",
        "kernel",
        "heuristic",
        "degree",
        "coloured-degree",
        "heurrfc",
        "exact",
        "cpsat",
        "highs",
        "highs-warm",
    ]
    | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    enumerate: int = ...,
    disjoint: int = ...,
    ties: Literal["any", "lexicographic"] = ...,
    bound: Literal[
        "none",
        "ub_s",
        "ub_a",
        "ub_c",
        "ub_ac",
        "ub_eac",
        "ub_delta",
        "ub_h",
        "ub_cd",
        "ub_ch",
        "ub_cp",
    ] = ...,
    support: bool = ...,
    enhanced: bool = ...,
) -> Result[fairclique.FairClique, fairclique.Clique]: ...
@overload
def solve(
    instance: matmul.MatMul,
    *,
    method: Literal["auto", "kernel", "exact"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    plus: Any = ...,
    band: Any = ...,
    pool: Any = ...,
    target: Any = ...,
    catalogue: bool = ...,
    checkpoint: str = ...,
    lift: bool = ...,
) -> Result[matmul.MatMul, matmul.Scheme | matmul.ReducedScheme]: ...
@overload
def solve(
    instance: treeprune.TreePrune,
    *,
    method: Literal["auto", "kernel", "exact"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    backend: Literal["cp-sat", "highs"] = ...,
) -> Result[treeprune.TreePrune, treeprune.Kept]: ...
@overload
def solve(
    instance: treeprune.Draft,
    *,
    method: Literal["auto", "kernel", "exact"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    backend: Literal["cp-sat", "highs"] = ...,
) -> Result[treeprune.Draft, treeprune.Drafted]: ...
@overload
def solve(
    instance: scratchpad.Network,
    *,
    method: Literal[
        "auto",
        "kernel",
        "exact",
        "mip",
        "lru",
        "belady",
        "fewest",
        "topological",
        "greedy",
        "best-fit",
    ]
    | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
) -> Result[scratchpad.Network, scratchpad.Plan]: ...
@overload
def solve(
    instance: scratchpad.Buffers,
    *,
    method: Literal[
        "auto",
        "kernel",
        "exact",
        "mip",
        "lru",
        "belady",
        "fewest",
        "topological",
        "greedy",
        "best-fit",
    ]
    | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
) -> Result[scratchpad.Buffers, scratchpad.Placement]: ...
@overload
def solve(
    instance: scratchpad.Trace,
    *,
    method: Literal[
        "auto",
        "kernel",
        "exact",
        "mip",
        "lru",
        "belady",
        "fewest",
        "topological",
        "greedy",
        "best-fit",
    ]
    | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
) -> Result[scratchpad.Trace, scratchpad.Mapping]: ...
@overload
def solve(
    instance: scheduling.Workshop,
    *,
    method: Literal["auto", "kernel", "exact", "dispatch"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    rule: str | None = ...,
) -> Result[scheduling.Workshop, scheduling.Plan]: ...
@overload
def solve(
    instance: mapf.Mapf,
    *,
    method: Literal["auto", "kernel", "exact"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    backend: Literal["cbs", "cp-sat"] = ...,
) -> Result[mapf.Mapf, mapf.Paths]: ...
@overload
def solve(
    instance: dag.Dag | dag.Categorical | dag.LocalScores,
    *,
    method: Literal["auto", "kernel", "exact", "topo", "cpsat"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    size_small: int = ...,
    size_large: int = ...,
    large_searches: int = ...,
    window: int = ...,
    states: int = ...,
) -> Result[dag.Dag | dag.Categorical | dag.LocalScores, dag.Structure]: ...
@overload
def solve(
    instance: Any,
    *,
    method: str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    **options: Any,
) -> Result[Any, Any]: ...
@overload
def stream(
    instance: routing.Routing,
    *,
    method: Literal["auto", "kernel", "exact", "columns"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
) -> Generator[Found[routing.Routes], None, Result[routing.Routing, routing.Routes]]: ...
@overload
def stream(
    instance: jobshop.JobShop | jobshop.FlexibleJobShop,
    *,
    method: Literal["auto", "kernel", "exact", "dispatch"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    rule: str = ...,
    backend: Literal["cp-sat", "highs"] = ...,
    horizon: int | None = ...,
) -> Generator[
    Found[jobshop.Schedule],
    None,
    Result[jobshop.JobShop | jobshop.FlexibleJobShop, jobshop.Schedule],
]: ...
@overload
def stream(
    instance: fairclique.FairClique,
    *,
    method: Literal[
        "auto",
        "kernel",
        "heuristic",
        "degree",
        "coloured-degree",
        "heurrfc",
        "exact",
        "cpsat",
        "highs",
        "highs-warm",
    ]
    | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    enumerate: int = ...,
    disjoint: int = ...,
    ties: Literal["any", "lexicographic"] = ...,
    bound: Literal[
        "none",
        "ub_s",
        "ub_a",
        "ub_c",
        "ub_ac",
        "ub_eac",
        "ub_delta",
        "ub_h",
        "ub_cd",
        "ub_ch",
        "ub_cp",
    ] = ...,
    support: bool = ...,
    enhanced: bool = ...,
) -> Generator[
    Found[fairclique.Clique], None, Result[fairclique.FairClique, fairclique.Clique]
]: ...
@overload
def stream(
    instance: matmul.MatMul,
    *,
    method: Literal["auto", "kernel", "exact"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    plus: Any = ...,
    band: Any = ...,
    pool: Any = ...,
    target: Any = ...,
    catalogue: bool = ...,
    checkpoint: str = ...,
    lift: bool = ...,
) -> Generator[
    Found[matmul.Scheme | matmul.ReducedScheme],
    None,
    Result[matmul.MatMul, matmul.Scheme | matmul.ReducedScheme],
]: ...
@overload
def stream(
    instance: treeprune.TreePrune,
    *,
    method: Literal["auto", "kernel", "exact"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    backend: Literal["cp-sat", "highs"] = ...,
) -> Generator[Found[treeprune.Kept], None, Result[treeprune.TreePrune, treeprune.Kept]]: ...
@overload
def stream(
    instance: treeprune.Draft,
    *,
    method: Literal["auto", "kernel", "exact"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    backend: Literal["cp-sat", "highs"] = ...,
) -> Generator[Found[treeprune.Drafted], None, Result[treeprune.Draft, treeprune.Drafted]]: ...
@overload
def stream(
    instance: scratchpad.Network,
    *,
    method: Literal[
        "auto",
        "kernel",
        "exact",
        "mip",
        "lru",
        "belady",
        "fewest",
        "topological",
        "greedy",
        "best-fit",
    ]
    | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
) -> Generator[Found[scratchpad.Plan], None, Result[scratchpad.Network, scratchpad.Plan]]: ...
@overload
def stream(
    instance: scratchpad.Buffers,
    *,
    method: Literal[
        "auto",
        "kernel",
        "exact",
        "mip",
        "lru",
        "belady",
        "fewest",
        "topological",
        "greedy",
        "best-fit",
    ]
    | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
) -> Generator[
    Found[scratchpad.Placement], None, Result[scratchpad.Buffers, scratchpad.Placement]
]: ...
@overload
def stream(
    instance: scratchpad.Trace,
    *,
    method: Literal[
        "auto",
        "kernel",
        "exact",
        "mip",
        "lru",
        "belady",
        "fewest",
        "topological",
        "greedy",
        "best-fit",
    ]
    | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
) -> Generator[Found[scratchpad.Mapping], None, Result[scratchpad.Trace, scratchpad.Mapping]]: ...
@overload
def stream(
    instance: scheduling.Workshop,
    *,
    method: Literal["auto", "kernel", "exact", "dispatch"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    rule: str | None = ...,
) -> Generator[Found[scheduling.Plan], None, Result[scheduling.Workshop, scheduling.Plan]]: ...
@overload
def stream(
    instance: mapf.Mapf,
    *,
    method: Literal["auto", "kernel", "exact"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    backend: Literal["cbs", "cp-sat"] = ...,
) -> Generator[Found[mapf.Paths], None, Result[mapf.Mapf, mapf.Paths]]: ...
@overload
def stream(
    instance: dag.Dag | dag.Categorical | dag.LocalScores,
    *,
    method: Literal["auto", "kernel", "exact", "topo", "cpsat"] | str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    size_small: int = ...,
    size_large: int = ...,
    large_searches: int = ...,
    window: int = ...,
    states: int = ...,
) -> Generator[
    Found[dag.Structure], None, Result[dag.Dag | dag.Categorical | dag.LocalScores, dag.Structure]
]: ...
@overload
def stream(
    instance: Any,
    *,
    method: str = ...,
    time_limit: float = ...,
    threads: int | None = ...,
    seed: int = ...,
    gap: float = ...,
    start: Any = ...,
    iterations: int | None = ...,
    extend: Callable[[Model], None] | None = ...,
    on_progress: Callable[[Any], None] | None = ...,
    on_solution: Callable[[Found[Any]], None] | None = ...,
    interrupt: threading.Event | None = ...,
    log: bool = ...,
    without: Collection[str] = ...,
    **options: Any,
) -> Generator[Found[Any], None, Result[Any, Any]]: ...
@overload
def check(instance: routing.Routing, solution: routing.Routes) -> int: ...
@overload
def check(
    instance: jobshop.JobShop | jobshop.FlexibleJobShop, solution: jobshop.Schedule
) -> int: ...
@overload
def check(instance: fairclique.FairClique, solution: fairclique.Clique) -> int: ...
@overload
def check(instance: matmul.MatMul, solution: matmul.Scheme | matmul.ReducedScheme) -> int: ...
@overload
def check(instance: treeprune.TreePrune, solution: treeprune.Kept) -> float: ...
@overload
def check(instance: treeprune.Draft, solution: treeprune.Drafted) -> float: ...
@overload
def check(instance: scratchpad.Network, solution: scratchpad.Plan) -> int: ...
@overload
def check(instance: scratchpad.Buffers, solution: scratchpad.Placement) -> int: ...
@overload
def check(instance: scratchpad.Trace, solution: scratchpad.Mapping) -> int: ...
@overload
def check(instance: scheduling.Workshop, solution: scheduling.Plan) -> int: ...
@overload
def check(instance: mapf.Mapf, solution: mapf.Paths) -> float: ...
@overload
def check(
    instance: dag.Dag | dag.Categorical | dag.LocalScores, solution: dag.Structure
) -> float: ...
@overload
def check(instance: Any, solution: Any) -> Any: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["cvrp"] | None = ...,
    *,
    seed: int = ...,
    clients: int = ...,
    depot: str = ...,
    positions: str = ...,
    demand: str = ...,
    route_size: float = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["vrptw"],
    *,
    seed: int = ...,
    clients: int = ...,
    positions: str = ...,
    width: int = ...,
    horizon: int = ...,
    capacity: int = ...,
    density: float = ...,
    service: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["pvrp-p"],
    *,
    seed: int = ...,
    clients: int = ...,
    vehicles: int = ...,
    distribution: str = ...,
    alpha: float = ...,
    capacity: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["pvrp-zc"],
    *,
    seed: int = ...,
    clients: int = ...,
    vehicles: int = ...,
    distribution: str = ...,
    capacity: int = ...,
    rate: float | None = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["robots"],
    *,
    seed: int = ...,
    type: str = ...,
    robots: int = ...,
    cities: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["variant"],
    *,
    seed: int = ...,
    type: str = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["tsp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["atsp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["bottleneck-tsp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["k-tsp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["tsptw"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["pc-tsp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["orienteering"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["gtsp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["pdtsp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["mdvrp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["ovrp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["hfvrp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["vrpb"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["vrpspd"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["pdptw"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["dvrp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["mtvrp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["top"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["routing"],
    generator: Literal["minmax-mtsp"],
    *,
    seed: int = ...,
    clients: int = ...,
) -> routing.Routing: ...
@overload
def generate(
    name: Literal["jobshop"],
    generator: Literal["taillard"] | None = ...,
    *,
    seed: int = ...,
    jobs: int = ...,
    machines: int = ...,
    time_seed: int | None = ...,
    machine_seed: int | None = ...,
    low: int = ...,
    high: int = ...,
) -> jobshop.JobShop: ...
@overload
def generate(
    name: Literal["jobshop"],
    generator: Literal["reentrant"],
    *,
    seed: int = ...,
    jobs: int = ...,
    machines: int = ...,
    shortest: int = ...,
    longest: int = ...,
) -> jobshop.JobShop: ...
@overload
def generate(
    name: Literal["jobshop"],
    generator: Literal["tardiness"],
    *,
    seed: int = ...,
    jobs: int = ...,
    machines: int = ...,
    tightness: float = ...,
) -> jobshop.JobShop: ...
@overload
def generate(
    name: Literal["jobshop"],
    generator: Literal["flexible"],
    *,
    seed: int = ...,
    jobs: int = ...,
    machines: int = ...,
    length: int = ...,
    alternatives: float = ...,
) -> jobshop.FlexibleJobShop: ...
@overload
def generate(
    name: Literal["fairclique"],
    generator: Literal["gnp"] | None = ...,
    *,
    seed: int = ...,
    vertices: int = ...,
    probability: float = ...,
    share: float = ...,
    values: int = ...,
    k: int = ...,
    delta: float = ...,
) -> fairclique.FairClique: ...
@overload
def generate(
    name: Literal["fairclique"],
    generator: Literal["chung-lu"],
    *,
    seed: int = ...,
    vertices: int = ...,
    edges: int = ...,
    exponent: float = ...,
    planted: int = ...,
    share: float = ...,
    homophily: float = ...,
    values: int = ...,
    k: int = ...,
    delta: float = ...,
) -> fairclique.FairClique: ...
@overload
def generate(
    name: Literal["fairclique"],
    generator: Literal["rmat"],
    *,
    seed: int = ...,
    scale: int = ...,
    edges: int = ...,
    a: float = ...,
    b: float = ...,
    c: float = ...,
    planted: int = ...,
    share: float = ...,
    homophily: float = ...,
    values: int = ...,
    k: int = ...,
    delta: float = ...,
) -> fairclique.FairClique: ...
@overload
def generate(
    name: Literal["matmul"],
    generator: Literal["format"] | None = ...,
    *,
    seed: int = ...,
    format: str = ...,
    ring: str = ...,
    objective: str = ...,
    rank: int = ...,
    best: bool = ...,
) -> matmul.MatMul: ...
@overload
def generate(
    name: Literal["matmul"],
    generator: Literal["naive"],
    *,
    seed: int = ...,
    format: str = ...,
    ring: str = ...,
    objective: str = ...,
    rank: int = ...,
) -> matmul.MatMul: ...
@overload
def generate(
    name: Literal["matmul"],
    generator: Literal["sandwiched"],
    *,
    seed: int = ...,
    format: str = ...,
    ring: str = ...,
    objective: str = ...,
    steps: int = ...,
) -> matmul.MatMul: ...
@overload
def generate(
    name: Literal["matmul"],
    generator: Literal["strassen"],
    *,
    seed: int = ...,
    objective: str = ...,
    fixed: bool = ...,
) -> matmul.MatMul: ...
@overload
def generate(
    name: Literal["treeprune"],
    generator: Literal["rebase"] | None = ...,
    *,
    seed: int = ...,
    width: int = ...,
    depth: int = ...,
    lambda_b: float = ...,
    lambda_d: float | None = ...,
    cost: str = ...,
    clusters: int | None = ...,
    locality: float = ...,
    spread: float = ...,
) -> treeprune.TreePrune: ...
@overload
def generate(
    name: Literal["treeprune"],
    generator: Literal["random"],
    *,
    seed: int = ...,
    leaves: int = ...,
    clusters: int | None = ...,
    lambda_b: float = ...,
    lambda_d: float | None = ...,
    shape: str = ...,
    variant: str = ...,
    denominator: int = ...,
) -> treeprune.TreePrune: ...
@overload
def generate(
    name: Literal["treeprune"],
    generator: Literal["adversarial"],
    *,
    seed: int = ...,
    branches: int = ...,
    leaves: int = ...,
    clusters: int = ...,
    lambda_b: float = ...,
) -> treeprune.TreePrune: ...
@overload
def generate(
    name: Literal["treeprune"],
    generator: Literal["draft"],
    *,
    seed: int = ...,
    candidates: int = ...,
    size: int = ...,
    branching: int = ...,
    sharpness: float = ...,
    depth_cost: float = ...,
    token_cost: float = ...,
    ordered: bool = ...,
) -> treeprune.Draft: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["resnet18"] | None = ...,
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["resnet50"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["mobilenetv2"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["squeezenet"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["googlenet"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["densenet121"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["unet"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["bert"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["efficientnetb0"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["nasnet"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["amoebanet"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["darts"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["randwire-ws"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["randwire-er"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["randwire-ba"],
    *,
    seed: int = ...,
    capacity: int | str | None = ...,
    weights: str | None = ...,
    bytes: int = ...,
    in_place: bool | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["random"],
    *,
    seed: int = ...,
    operators: int = ...,
    capacity: int | str | None = ...,
    alignment: int | None = ...,
    objective: str | None = ...,
    write_every_eviction: bool | None = ...,
    weights: str | None = ...,
    in_place: bool | None = ...,
    largest: int = ...,
) -> scratchpad.Network: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["training"],
    *,
    seed: int = ...,
    layers: int = ...,
    capacity: int | None = ...,
    objective: str | None = ...,
) -> scratchpad.Buffers: ...
@overload
def generate(
    name: Literal["scratchpad"],
    generator: Literal["trace"],
    *,
    seed: int = ...,
    layers: int = ...,
    share: float = ...,
    speedup: float = ...,
    bandwidth: float = ...,
    fast: int = ...,
) -> scratchpad.Trace: ...
@overload
def generate(
    name: Literal["scheduling"],
    generator: Literal["workshop"] | None = ...,
    *,
    seed: int = ...,
    jobs: int = ...,
    machines: int = ...,
    families: int = ...,
    shifts: bool = ...,
    setups: bool = ...,
) -> scheduling.Workshop: ...
@overload
def generate(
    name: Literal["scheduling"],
    generator: Literal["pipeline"],
    *,
    seed: int = ...,
    stages: int = ...,
    batches: int = ...,
    forward: int = ...,
    backward: int = ...,
    weight: int = ...,
    transfer: int = ...,
    memory: int | None = ...,
) -> scheduling.Workshop: ...
@overload
def generate(
    name: Literal["scheduling"],
    generator: Literal["soc"],
    *,
    seed: int = ...,
    tasks: int = ...,
    processors: int = ...,
    edges: float = ...,
    communication: float = ...,
) -> scheduling.Workshop: ...
@overload
def generate(
    name: Literal["mapf"],
    generator: Literal["grid"] | None = ...,
    *,
    seed: int = ...,
    rows: int = ...,
    columns: int = ...,
    obstacles: float = ...,
    agents: int = ...,
    connectedness: int = ...,
    radius: float = ...,
    objective: str = ...,
) -> mapf.Mapf: ...
@overload
def generate(
    name: Literal["mapf"],
    generator: Literal["rooms"],
    *,
    seed: int = ...,
    size: int = ...,
    count: int = ...,
    agents: int = ...,
    connectedness: int = ...,
    radius: float = ...,
    objective: str = ...,
) -> mapf.Mapf: ...
@overload
def generate(
    name: Literal["mapf"],
    generator: Literal["roadmap"],
    *,
    seed: int = ...,
    vertices: int = ...,
    neighbours: int = ...,
    agents: int = ...,
    radius: float = ...,
    spread: float = ...,
    objective: str = ...,
) -> mapf.Mapf: ...
@overload
def generate(
    name: Literal["dag"],
    generator: Literal["er"] | None = ...,
    *,
    seed: int = ...,
    **options: Any,
) -> dag.Dag: ...
@overload
def generate(
    name: Literal["dag"],
    generator: Literal["sf"],
    *,
    seed: int = ...,
    **options: Any,
) -> dag.Dag: ...
@overload
def generate(
    name: Literal["dag"],
    generator: Literal["bn"],
    *,
    seed: int = ...,
    **options: Any,
) -> dag.Categorical: ...
@overload
def generate(
    name: Literal["dag"],
    generator: Literal["network"],
    *,
    seed: int = ...,
    **options: Any,
) -> dag.Categorical: ...
@overload
def generate(
    name: str,
    generator: str | None = ...,
    *,
    seed: int = ...,
    **options: Any,
) -> Any: ...
