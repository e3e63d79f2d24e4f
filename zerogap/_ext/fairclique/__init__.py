"""Kernels of fair cliques: arrays in, arrays out."""
