"""The worst deviation of every stage over all golden runs, from a JSON report of the golden tests.

    build/release/tests/diar_golden_tests --gtest_output=json:golden.json && python tools/parity/table.py golden.json
"""

import json
import sys
from collections import defaultdict


def main() -> None:
    with open(sys.argv[1]) as file:
        report = json.load(file)
    worst = defaultdict(lambda: (0.0, "", 0))
    for suite in report["testsuites"]:
        for test in suite["testsuite"]:
            for key, value in test.items():
                if key.startswith("worst_"):
                    highest, where, count = worst[key[6:]]
                    here = (float(value), test["value_param"].strip('"')) if float(value) >= highest else (highest, where)
                    worst[key[6:]] = (*here, count + 1)
    for stage, (value, where, count) in sorted(worst.items()):
        print(f"{stage:32} {value:9.1e}  {count:2} runs, worst in {where}")
    print(f"{report['tests']} tests, {report['failures']} failed")


if __name__ == "__main__":
    main()
