"""Benchmark suites: read from TOML, run one process a run, kept as JSON lines, shown as tables."""
