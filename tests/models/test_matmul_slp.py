"""Minimal straight-line programs by CP-SAT: least numbers of additions, warm starts, proofs."""

import numpy as np
import pytest

from zerogap.models.matmul import Program
from zerogap.models.matmul.exact import slp

# Sums a+b, a+b+c, a+b+c+d and b+c+d: the last is the third less a.
CHAIN = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1], [0, -1, -1, -1]])
# Six additions without cancelling, five with: Boyar and Peralta's example modulo 2.
FIVE = np.array(
    [[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 1, 0], [0, 1, 1, 1, 0], [1, 0, 0, 0, 1]]
)


def solve(model, start=None):
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 60
    if start is not None:
        for variable, value in model.hint(start):
            model.model.add_hint(variable, value)
        solver.parameters.fix_variables_to_their_hinted_value = True
    status = solver.solve(model.model)
    name = solver.status_name(status)
    return name, model.read(solver.value) if name in ("OPTIMAL", "FEASIBLE") else None


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize(("matrix", "fewest"), [(CHAIN, 4), (FIVE, 5), (np.eye(3), 0)])
def test_fewest_additions(matrix, fewest, binary):
    matrix = np.abs(matrix) if binary else matrix
    status, program = solve(slp.build(matrix, fewest + 1 if fewest else 0, binary=binary))
    assert status == "OPTIMAL"
    assert program.additions == fewest
    assert np.array_equal(program.expand(2 if binary else 0), matrix)
    if fewest:
        status, _ = solve(slp.build(matrix, fewest - 1, binary=binary))
        assert status == "INFEASIBLE"


@pytest.mark.parametrize("binary", [False, True])
def test_a_program_is_a_complete_hint(binary):
    matrix = np.abs(CHAIN) if binary else CHAIN
    sign = 1 if binary else -1
    program = Program(
        4,
        (((0, 1), (1, 1)), ((4, 1), (2, 1)), ((5, sign), (3, sign)), ((0, 1), (6, 1))),
        (((4, 1),), ((5, 1),), ((6, sign),), ((7, 1),)),
    )
    assert np.array_equal(program.expand(2 if binary else 0), matrix)
    status, found = solve(slp.build(matrix, 6, binary=binary), program)
    assert status == "OPTIMAL"
    assert np.array_equal(found.expand(2 if binary else 0), matrix)
    assert found.additions == 4


def test_steps_of_a_program():
    program = Program(
        3, (((1, -1), (0, 1)),), (((3, -1), (2, 1)), ((0, 1), (1, -1)), (), ((2, -1),))
    )
    steps, places = slp.steps_of(program)
    # The second output is the fresh variable again.
    assert steps == [(0, 1, True), (2, 3, True)]
    assert places == [(4, 1), (3, 1), None, (2, -1)]
