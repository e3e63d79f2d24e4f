"""Kernels of pruning of search trees: arrays in, arrays out."""
