"""Slow, independent oracles: enumeration from the definitions, a file a family."""
