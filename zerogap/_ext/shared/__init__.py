"""What kernels share: random numbers, clock, bit sets."""
