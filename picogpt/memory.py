"""A word with the C library about memory: training asks for the same large arrays again in every step."""

import sys

# of glibc's malloc.h: what mallopt is to set, and to how many bytes (or arenas)
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -2, -3, -8
KEEP = {M_ARENA_MAX: 1, M_MMAP_THRESHOLD: 2**25, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: 2**26}


def keep_freed_memory() -> bool:
    """Ask glibc to keep what arrays leave behind for the next ones; whether it could be asked.

    It would give large blocks back to the system and be given them again, page by page, each cleared: 8 % of
    the processor time of a training run where this was measured, and under 1 % with it. Other C libraries,
    and other systems, are left as they are.
    """
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return mallopt is not None and all(mallopt(what, value) == 1 for what, value in KEEP.items())
