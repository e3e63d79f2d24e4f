"""Exact formulations of the general encoding."""
