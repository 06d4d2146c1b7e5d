"""The commands behind the Makefile, one module each. All printing and drawing is here."""
