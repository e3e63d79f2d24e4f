"""Kernels of matrix multiplication: arrays in, arrays out."""
