"""Breakcold keys: set, probe, hold, replace, revoke, pause, reopen. The only place that opens a sealed key."""

from .changing import replace_key, revoke_key, set_environment, set_key
from .finding import Waiting, find_current_key, find_key, find_key_for, find_live_and_practice, waiting_for
from .holding import hold_key, hold_restored, release_key
from .meanwhile import KeyChanged
from .opening import Probe, can_open, client_for, reseal_keys
from .owners import OtherOwner, is_same_owner
from .pasting import clean_key, is_sandbox_key, new_sandbox_key
from .trouble import (
    CIRCUIT_AFTER,
    PAUSED_PROBE_SECONDS,
    PROBE_SECONDS,
    check_key,
    is_success_news,
    pause_key,
    probe_key,
    record_success,
    record_trouble,
)
from .words import UNREADABLE, trouble_sentence, why_not

__all__ = [
    "CIRCUIT_AFTER",
    "PAUSED_PROBE_SECONDS",
    "PROBE_SECONDS",
    "UNREADABLE",
    "KeyChanged",
    "OtherOwner",
    "Probe",
    "Waiting",
    "can_open",
    "check_key",
    "clean_key",
    "client_for",
    "find_current_key",
    "find_key",
    "find_key_for",
    "find_live_and_practice",
    "hold_key",
    "hold_restored",
    "is_same_owner",
    "is_sandbox_key",
    "is_success_news",
    "new_sandbox_key",
    "pause_key",
    "probe_key",
    "record_success",
    "record_trouble",
    "release_key",
    "replace_key",
    "reseal_keys",
    "revoke_key",
    "set_environment",
    "set_key",
    "trouble_sentence",
    "waiting_for",
    "why_not",
]
