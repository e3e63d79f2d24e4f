"""Kernels of the general scheduling encoding."""
