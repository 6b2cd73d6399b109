"""Amounts of memory in words."""

_STEP = 1024


def amount(size: int) -> str:
    """Bytes as people say them: “40 KB”, “38 MB”, “1.5 GB”."""
    if size >= _STEP**3:
        return f"{size / _STEP**3:,.1f} GB".replace(".0 ", " ")
    return f"{size / _STEP**2:.0f} MB" if size >= _STEP**2 else f"{size / _STEP:.0f} KB"
