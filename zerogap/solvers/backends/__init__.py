"""The exact backends; the only place where OR-Tools and HiGHS are driven."""
