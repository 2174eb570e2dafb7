"""Imports: a file becomes rows, the rows become leads. The only place that changes ``LeadImport.stage``."""

from .breaking import note_broken_off
from .checking import (
    Seen,
    correct_cell,
    find_earlier,
    finish_checking,
    judge,
    keep_checked,
    map_columns,
)
from .counting import Forecast, count, counted_as, forecast
from .entering import AHEAD, enter_next, finish, has_undecided, take_back_next
from .mappings import remove_mapping, save_mapping
from .running import approve, cancel, pause, reject, resume, send_back, split, start
from .stages import WrongStage
from .uploading import (
    TOO_LARGE,
    finish_reading,
    keep_rows,
    look_again,
    note_unreadable,
    take_turn,
    upload,
    use_headings,
)

__all__ = [
    "AHEAD",
    "TOO_LARGE",
    "Forecast",
    "Seen",
    "WrongStage",
    "approve",
    "cancel",
    "correct_cell",
    "count",
    "counted_as",
    "enter_next",
    "find_earlier",
    "finish",
    "finish_checking",
    "finish_reading",
    "forecast",
    "has_undecided",
    "judge",
    "keep_checked",
    "keep_rows",
    "look_again",
    "map_columns",
    "note_broken_off",
    "note_unreadable",
    "pause",
    "reject",
    "remove_mapping",
    "resume",
    "save_mapping",
    "send_back",
    "split",
    "start",
    "take_back_next",
    "take_turn",
    "upload",
    "use_headings",
]
