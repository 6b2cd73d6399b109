"""Numbers of things in words.

No translator of ours is written in Python: Qt asks translators from any thread, also while it holds the lock of its
image plugins, and one that then needed the interpreter's lock would freeze the window for ever.
"""


def counted(text: str, n: int) -> str:
    """ "%n job(s)", with the number in place, as one says it in English; a translation has no "(s)" and stays."""
    return text.replace("(s)", "" if n == 1 else "s")
