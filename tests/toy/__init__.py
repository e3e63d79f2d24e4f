"""A family outside the package, in three short files: how one is added."""
