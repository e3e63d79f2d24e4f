"""Kernels of scratchpad memories: arrays in, arrays out."""
