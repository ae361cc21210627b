"""A model's functions, called once in plain Python before they are compiled.

What is wrong with their code shows at the line where it is, and not in pages of a compiler's words.
"""

from collections.abc import Callable
from typing import Any

from eventsim.model import FloatArray, NeuronModel

KEY = 0.5  # of a random stream
# what a function may raise in a state in which it is never called, or in which C gives nan
MAYBE_RIGHT = (ArithmeticError, ValueError, IndexError)


def try_out(where: str, model: NeuronModel, parameters: FloatArray, table: FloatArray) -> None:
    """Call what a model is made of, from its state at t = 0.

    Raises
    ------
    TypeError
        If a function returns something else than floats.
    NameError, AttributeError
        From the function that is wrong.
    """
    p = model.params(*parameters.tolist(), *((table,) if "table" in model.fields else ()))
    try:
        start = model.initial(p, KEY)
    except MAYBE_RIGHT:
        return
    _check(where, model, "initial", start)
    calls: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = [
        ("plan", model.plan, (start, 0.0, p)),
        ("on_fire", model.on_fire, (start, 0.0, p)),
        *(
            (f"on_input[{port!r}]", receive, (start, 0.0, 1.0, p))
            for port, receive in model.on_input.items()
        ),
    ]
    for name, function, arguments in calls:
        try:
            state = function(*arguments)
        except MAYBE_RIGHT:
            continue
        _check(where, model, name, state)


def _check(where: str, model: NeuronModel, name: str, state: Any) -> None:
    what = f"{where}: {name} of model {model.name!r}"
    if not isinstance(state, tuple) or len(state) != len(model.state_names):
        raise TypeError(f"{what} must return a {model.state.__name__}, got {state!r}")
    for variable, value in zip(model.state_names, state, strict=True):
        if not isinstance(value, float):
            raise TypeError(
                f"{what} must return floats, got {value!r} for {variable!r} (0.0, not 0)"
            )
