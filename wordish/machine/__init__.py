"""Throwaway machines: described, built once, booted once, cloned for every article."""
