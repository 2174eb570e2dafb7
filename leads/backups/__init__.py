"""One file with everything the database holds, and the way back from it. The keys to it are in no such file."""

from .archive import Unusable, read_file
from .database import has_worker, is_in_use, put_back, take
from .restored import hold_everything, pause_unopenable_keys

__all__ = [
    "Unusable",
    "has_worker",
    "hold_everything",
    "is_in_use",
    "pause_unopenable_keys",
    "put_back",
    "read_file",
    "take",
]
