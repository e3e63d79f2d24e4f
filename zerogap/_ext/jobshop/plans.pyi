# What kernels of flexible shops share among themselves; nothing here is called from Python.
