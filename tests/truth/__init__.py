"""The truth harness: mixed instances against oracles that share nothing with the package."""
