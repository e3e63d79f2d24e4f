"""``python -m zerogap``."""

from zerogap.cli import main

main()
