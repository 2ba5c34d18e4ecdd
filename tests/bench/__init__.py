"""How fast wordish is, beside a bare shell and a peer: ``python -m tests.bench``.

Figures are for people: nothing here is a test, no time is ever asserted.
"""
