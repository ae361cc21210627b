"""Names of the cases in tables of refusals."""


def short(x: object) -> str:
    """Name a case; functions by nothing, as their addresses differ from process to process."""
    return "" if callable(x) and not isinstance(x, type) else str(x)[:60]
