"""The fault campaign: real processes are killed, stopped and cut off, and the books are compared afterwards."""
