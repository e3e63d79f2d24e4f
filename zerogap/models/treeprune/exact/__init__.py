"""The exact formulations, a file each."""
