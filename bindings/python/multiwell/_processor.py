"""Checks whether this processor can run the compiled part. Loading that part on an unsupported processor would end the interpreter."""

import platform

#: Those of x86-64-v3.
NEEDED = ("AVX", "AVX2", "FMA3", "F16C", "BMI", "BMI2", "LZCNT", "MOVBE")


def features():
    """Features of the processor that NumPy reports, by name; empty if this version of NumPy does not report them."""
    try:
        from numpy._core._multiarray_umath import __cpu_features__
    except ImportError:
        try:
            from numpy.core._multiarray_umath import __cpu_features__
        except ImportError:
            return {}
    return dict(__cpu_features__)


def check(machine=None, has=None):
    """Refuses an x86-64 processor that lacks a needed feature."""
    machine = platform.machine() if machine is None else machine
    has = features() if has is None else has
    if machine.lower() not in ("x86_64", "amd64"):
        return
    missing = [name for name in NEEDED if not has.get(name, True)]
    if missing:
        raise ImportError(
            f"multiwell is compiled for newer processors than this one, which lacks {', '.join(missing)}; "
            "install the wheel named baseline that is attached to the release, or use the page, which runs in any browser"
        )
