"""The worst deviation of every stage over all golden runs, from a JSON report of the golden tests.

Usage:

    build/release/tests/diar_golden_tests --gtest_output=json:golden.json
    python tools/parity/table.py golden.json
"""

import json
import sys
from collections import defaultdict


def main() -> None:
    with open(sys.argv[1]) as file:
        report = json.load(file)
    worst: dict[tuple, tuple[float, str, int]] = defaultdict(lambda: (0.0, "", 0))
    for suite in report["testsuites"]:
        for test in suite["testsuite"]:
            backend = "mlx" if "/mlx_" in test["name"] else "cpu"
            for key, value in test.items():
                if key.startswith("worst_"):
                    run, stage = key[6:].split(":", 1)
                    highest, where, count = worst[backend, stage]
                    here = (float(value), run) if float(value) >= highest else (highest, where)
                    worst[backend, stage] = (*here, count + 1)
    for (backend, stage), (value, where, count) in sorted(worst.items()):
        print(f"{backend}  {stage:48} {value:9.1e}  {count:2} runs, worst in {where}")
    print(f"{report['tests']} tests, {report['failures']} failed")


if __name__ == "__main__":
    main()
