"""Exact formulations."""
