"""Build of the Cython kernels; everything else stands in pyproject.toml.

Environment variables
---------------------
ZEROGAP_NATIVE=1  compile for the processor of this machine (``-march=native``).
ZEROGAP_DEBUG=1   bounds checks, wrap-around and C assertions on, in the kernels.
ZEROGAP_EXT=a,b   build only the kernels whose ``family/name`` starts with one of these prefixes.
"""

import os
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
KERNELS = ROOT / "zerogap" / "_ext"
DEBUG = os.environ.get("ZEROGAP_DEBUG") == "1"
NATIVE = os.environ.get("ZEROGAP_NATIVE") == "1"
ONLY = tuple(p for p in os.environ.get("ZEROGAP_EXT", "").split(",") if p)


def extensions():
    """One extension module for every ``zerogap/_ext/<family>/*.pyx``."""
    # -ffp-contract=off keeps results equal between builds with and without FMA.
    flags = ["-std=c++17", "-O3", "-ffp-contract=off", "-fno-math-errno", "-pthread"]
    if NATIVE:
        flags.append("-march=native")
    # Python's own flags ask for debugging symbols: a fifth of the build, most of a library.
    flags += ["-O1", "-UNDEBUG", "-DZEROGAP_DEBUG=1"] if DEBUG else ["-DNDEBUG", "-g0"]
    for source in sorted(KERNELS.glob("*/*.pyx")):
        name = source.relative_to(KERNELS).with_suffix("")
        if ONLY and not name.as_posix().startswith(ONLY):
            continue
        yield Extension(
            ".".join(("zerogap", "_ext", *name.parts)),
            [str(source.relative_to(ROOT))],
            language="c++",
            include_dirs=["zerogap/_ext"],
            extra_compile_args=flags,
            extra_link_args=["-pthread"],
            # A family's kernels depend on its own headers and the shared ones, no other family's.
            depends=[
                str(p.relative_to(ROOT))
                for folder in {source.parent, KERNELS / "shared"}
                for pattern in ("*.pxd", "*.hpp", "*/*.hpp")
                for p in sorted(folder.glob(pattern))
            ],
        )


class BuildKernels(build_ext):
    """Translate and compile lazily, in parallel, so that ``sdist`` needs no compiler."""

    def finalize_options(self):
        from Cython.Build import cythonize

        directives = {"language_level": "3", "embedsignature": True}
        if DEBUG:
            directives |= {"boundscheck": True, "wraparound": False, "initializedcheck": True}
        workers = int(os.environ.get("ZEROGAP_JOBS", os.cpu_count() or 1))
        # These win over the directives in a file's head: a debug build turns the checks on.
        self.distribution.ext_modules = cythonize(
            list(extensions()),
            compiler_directives=directives,
            force=DEBUG or os.environ.get("ZEROGAP_FORCE") == "1",
            nthreads=workers if not ONLY else 0,
            quiet=True,
        )
        super().finalize_options()
        self.parallel = self.parallel or workers


setup(
    # A placeholder that tells setuptools there is something to compile; see BuildKernels.
    ext_modules=[Extension("zerogap._ext.shared.parts", ["zerogap/_ext/shared.pyx"])],
    cmdclass={"build_ext": BuildKernels},
)
