"""The commonest steps without branches, so that one instruction takes them for many neurons.

The same functions as in `plan`, put together so that everything is worked out, and whether it holds
is asked at the end.
"""

from collections.abc import Callable
from typing import Any

from eventsim.kernel import kernel
from eventsim.model import ALONE, ELSEWHERE, TAKEN, Quick
from eventsim.ode.crossing import NEVER, stays_below_of
from eventsim.ode.lengths import (
    brief_hint,
    first_length,
    next_brief,
    resolution,
    rests,
    worth_a_brief_step,
)

Function = Callable[..., Any]


def quick_steps(
    variables: Function, pack: Function, threshold: Function, brief_step: Function,
    whole_step: Function,
) -> Quick:  # fmt: skip
    """Return the quick steps of one model: see `eventsim.model.Quick`."""
    stays_below = stays_below_of(threshold)

    @kernel
    def brief(s: Any, t: float, p: Any) -> Any:
        y = variables(s)
        error, end, most, c = brief_step(s, y, t, p)
        worth = worth_a_brief_step(s, t)
        taken = worth & (error <= 1.0)
        verdict = (TAKEN if stays_below(y, c, p) else ALONE) if taken else ELSEWHERE
        hint = most if worth else brief_hint(s)
        return pack(y, t, end, NEVER, s.length, most, c), verdict, hint, first_length(s, t)

    @kernel
    def whole(s: Any, t: float, hint: float, length: float, p: Any) -> Any:
        y = variables(s)
        error, end, following, c, rest, _ = whole_step(s, y, t, length, p)
        good = (not rests(rest, t, end)) & stays_below(y, c, p)
        again = ELSEWHERE if following >= resolution(t) else ALONE
        verdict = (TAKEN if good else ALONE) if error <= 1.0 else again
        planned = pack(y, t, end, NEVER, following, next_brief(following, hint), c)
        return planned, verdict, following

    return Quick(brief, whole)
