"""Executes a recipe of CONTRIBUTING.md in a copy of the project, and tries what came of it."""
