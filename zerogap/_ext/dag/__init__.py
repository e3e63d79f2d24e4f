"""Kernels of structure learning: arrays in, arrays out."""
