"""What an operator's tools ask: is it ready, how much waits, how does it go. Nothing is decided by it."""
