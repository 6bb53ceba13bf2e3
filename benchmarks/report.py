"""CPU time of `joulewise report` in a fresh process, with its limit.

Run: python benchmarks/report.py
"""

import os
import subprocess
import sys
import time
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory

LIMIT_S = 60.0
# As `make report` runs it: numeric libraries would otherwise start a thread per core, and spin.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def main() -> None:
    """Print user and system seconds of both pages and their ratio to the limit."""
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        code = f"import sys; sys.argv = ['joulewise', 'report', '--out', {folder!r}]; "
        code += "from joulewise.cli.main import main; main()"
        subprocess.run([sys.executable, "-c", code], env=os.environ | ONE_THREAD, capture_output=True, check=True)
        wall = time.perf_counter() - start
    spent = getrusage(RUSAGE_CHILDREN)
    cpu = spent.ru_utime + spent.ru_stime
    print(
        f"joulewise report  CPU {cpu:.1f} s  wall {wall:.1f} s  ({cpu / LIMIT_S:.2f} of the limit of {LIMIT_S:.0f} s)"
    )


if __name__ == "__main__":
    main()
