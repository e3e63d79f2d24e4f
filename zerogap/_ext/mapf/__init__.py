"""Kernels of multi-agent path finding in continuous time: arrays in, arrays out."""
