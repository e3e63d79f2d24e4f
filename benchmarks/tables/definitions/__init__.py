"""What the tables and figures of the documentation are, a module a family."""

from benchmarks.tables.definitions import (
    additions,
    families,
    fields,
    jobshop,
    overview,
    pages,
    routing,
    scheduling,
    systems,
)
