"""Pictures of solutions and of results; matplotlib is imported only when one is drawn."""
