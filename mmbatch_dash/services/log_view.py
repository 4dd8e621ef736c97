"""A log file as people look at it: its last lines, and those that hold a word."""


def view_lines(content: bytes, *, tail: int, search: str = "") -> str:
    """The last lines of a text, or the last of those that hold the word, upper and lower case alike.

    Args:
        content: of the file; bytes that are no UTF-8 show as replacement characters.
        tail: how many lines at most.
        search: what each line must hold; empty for all.
    """
    lines = content.decode("utf-8", "replace").splitlines()
    wanted = search.casefold()
    kept = [line for line in lines if wanted in line.casefold()] if wanted else lines
    return "".join(line + "\n" for line in kept[-tail:])
