"""Kernels of job-shops: arrays in, arrays out."""
