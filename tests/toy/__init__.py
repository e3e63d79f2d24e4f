"""A family outside the package, in the rooms that every family has: how one is added."""
