"""A Breakcold of our own on the loopback address: the demo talks to it, the tests are cruel to it.

It reads requests as strictly as the specification states them and shares only ``FIELDS`` with the code under test.
"""

from leads.breakcold.sandbox.server import SandboxServer

__all__ = ["SandboxServer"]
