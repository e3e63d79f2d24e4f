"""The exact formulation."""
