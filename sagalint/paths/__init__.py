"""Explores every path of a machine under the fault model."""
