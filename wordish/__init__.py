"""Verify literate tutorials: replay their shell sessions, compare what is printed with what they show."""

__version__ = "0.1.0"
