"""Turn the engine's kernel and a model into one compiled, cached module.

Numba recompiles a jitted function that is passed as an argument or held in a closure in every
process, and a function cached on disk keeps its old meaning when a callee in another file is
edited. So a specialised kernel is a module file of its own in the user's cache folder: the
kernel's ordinary source, copied verbatim, with the model injected as globals before it is executed.
The file's name is a hash of everything that can be reached from it.
"""

import hashlib
import importlib.util
import inspect
import linecache
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np

import eventsim.kernel
from eventsim import profiling

_loaded: dict[str, ModuleType] = {}


def specialise(kernel: ModuleType, **injected: Any) -> Any:
    """Return `kernel` as a compiled module in which the names of `injected` are globals.

    Parameters
    ----------
    kernel : module
        An importable kernel; its source is copied verbatim.
    **injected : module, function or constant
        What the kernel calls and does not import. Namespaces must be module objects, the only kind
        that Numba looks into.
    """
    injected = {label: profiling.bare(thing) for label, thing in injected.items()}
    source = inspect.getsource(kernel)
    plain = kernel.__name__.rpartition(".")[2]
    name = f"{plain}_{_fingerprint(kernel, source, injected)}"
    if name not in _loaded:
        _loaded[name] = _load(name, _write(name, source), injected)
    profile = profiling.current
    return _loaded[name] if profile is None else profile.timed(_loaded[name], plain)


def cache_folder() -> Path:
    """Return the folder of compiled kernels: EVENTSIM_CACHE_DIR, else the platform's."""
    chosen = os.environ.get("EVENTSIM_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "eventsim"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "eventsim"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "eventsim"


@cache
def _usable_folder(wanted: Path) -> Path:
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError as error:
        warnings.warn(
            f"compiled kernels cannot be kept in {wanted} ({error.strerror}); every process will "
            "compile anew. Set EVENTSIM_CACHE_DIR to a folder that can be written.",
            stacklevel=2,
        )
        return Path(tempfile.mkdtemp(prefix="eventsim-"))


def _write(name: str, source: str) -> Path:
    """Put the file in place in one step: many processes may do so at once."""
    file = _usable_folder(cache_folder()) / f"{name}.py"
    if not file.exists():
        handle, temporary = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(source)
        os.utime(temporary, (0, 0))  # Numba stamps its index with the time of the file
        Path(temporary).replace(file)
    return file


def _load(name: str, file: Path, injected: dict[str, Any]) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"eventsim_kernels.{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    vars(module).update(injected)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _fingerprint(kernel: ModuleType, source: str, injected: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    for part in (numba.__version__, np.__version__, sys.version, source):
        digest.update(part.encode())
    digest.update(inspect.getsource(eventsim.kernel).encode())
    seen: set[int] = set()
    functions = {k: v for k, v in vars(kernel).items() if _is_code_of(kernel, v)}
    for label, thing in sorted({**functions, **injected}.items()):
        digest.update(label.encode())
        for part in _reach(thing, frozenset(), seen):
            digest.update(part.encode())
    return digest.hexdigest()[:20]


def fingerprint(*things: Any) -> str:
    """Return a hash of everything that can be reached from functions, classes and constants.

    It changes with their source, and with that of all they call; not with versions of libraries.
    """
    digest, seen = hashlib.sha256(), set[int]()
    for thing in things:
        for part in _reach(thing, frozenset(), seen):
            digest.update(f"{part}\0".encode())
    return digest.hexdigest()


def _is_code_of(module: ModuleType, thing: Any) -> bool:
    python = _python_function(thing)
    return python is not None and python.__module__ == module.__name__


def _python_function(thing: Any) -> FunctionType | None:
    """Return the Python function behind a function, a jitted function or an intrinsic."""
    for attribute in ("py_func", "_defn"):
        thing = getattr(thing, attribute, thing)
    return thing if isinstance(thing, FunctionType) else None


def _reach(thing: Any, names: frozenset[str], seen: set[int]) -> Iterator[str]:
    """Yield the text of everything whose change would change the compiled code.

    `names` are the names that the code at hand mentions: of a module, only those matter.
    """
    function = _python_function(thing)
    if function is not None:
        if id(function) not in seen:
            seen.add(id(function))
            yield from _reach_function(function, seen)
    elif isinstance(thing, ModuleType):
        if _is_ours(thing):
            wanted = names or frozenset(vars(thing))
            for name in sorted(wanted & vars(thing).keys()):
                if not name.startswith("__"):
                    yield name
                    yield from _reach(vars(thing)[name], names, seen)
        else:
            yield thing.__name__
    elif isinstance(thing, type):
        yield f"{thing.__module__}.{thing.__qualname__} {getattr(thing, '_fields', '')}"
    elif isinstance(thing, np.ndarray):
        yield f"{thing.dtype} {thing.shape} {hashlib.sha256(thing.tobytes()).hexdigest()}"
    elif isinstance(thing, tuple):
        for part in thing:
            yield from _reach(part, names, seen)
    elif isinstance(thing, bool | int | float | complex | str | bytes | None):
        yield repr(thing)
    else:
        yield f"{type(thing).__module__}.{type(thing).__qualname__}"


def _reach_function(function: FunctionType, seen: set[int]) -> Iterator[str]:
    # Numba's file on disk names the module of every callee, and imports it to load
    yield f"{function.__module__}.{function.__qualname__}"
    yield _text(function.__code__)
    names = frozenset(_names(function.__code__))
    for name in sorted(names & function.__globals__.keys()):
        yield name
        yield from _reach(function.__globals__[name], names, seen)
    for cell in function.__closure__ or ():
        yield from _reach(cell.cell_contents, names, seen)
    for default in function.__defaults__ or ():
        yield from _reach(default, names, seen)


@cache
def _text(code: CodeType) -> str:
    """Return the lines of a function, its decorators among them.

    What inspect.getsource returns, in a hundredth of its time: a model has a hundred functions.
    """
    file_lines = linecache.getlines(code.co_filename)
    lines = file_lines[code.co_firstlineno - 1 : _last_line(code)]
    if not lines:  # typed at a prompt: there is no file
        return f"{code.co_code.hex()} {code.co_consts!r} {code.co_names!r}"
    return "".join(lines)


def _last_line(code: CodeType) -> int:
    inner = (_last_line(part) for part in code.co_consts if isinstance(part, CodeType))
    return max(0, *inner, *(end for _, end, _, _ in code.co_positions() if end))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_ours(module: ModuleType) -> bool:
    """Whether a module's functions may be edited: not a builtin, not the standard library."""
    root = module.__name__.partition(".")[0]
    return root not in sys.stdlib_module_names and root not in ("numpy", "numba", "llvmlite")
