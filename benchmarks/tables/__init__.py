"""The tables and figures of the documentation, made from committed result lines."""
