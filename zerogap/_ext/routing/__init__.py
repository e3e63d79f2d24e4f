"""Kernels of vehicle routing: arrays in, arrays out."""
