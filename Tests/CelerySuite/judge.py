"""Compares a run's report with the yardstick: what Python's own worker passes.

usage: judge.py REPORT.xml YARDSTICK
Only tests that were run count. Exit code 1 when fewer than 95 % of them passed.
"""
import sys
import xml.etree.ElementTree as ElementTree


def outcomes(path):
    """Whether each test passed, by its id; subtests count against their test."""
    passed = {}
    for case in ElementTree.parse(path).iter("testcase"):
        folder, _, rest = case.get("classname", "").partition(".test_")
        module, _, group = rest.partition(".")
        name = f"{folder.replace('.', '/')}/test_{module}.py::{group}::{case.get('name')}"
        good = all(child.tag not in ("failure", "error", "skipped") for child in case)
        passed[name] = passed.get(name, True) and good
    return passed


def main():
    passed = outcomes(sys.argv[1])
    with open(sys.argv[2]) as file:
        wanted = [line.strip() for line in file if line.strip()]
    # An id with a blank was cut there when the yardstick was taken.
    ran = {name: [good for test, good in passed.items() if test == name or test.startswith(name + " ")] for name in wanted}
    judged = [name for name in wanted if ran[name]]
    failed = [name for name in judged if not all(ran[name])]
    for name in failed:
        print(f"not passed: {name}")
    good = len(judged) - len(failed)
    if not judged:
        print("0 passed, 1 failed")
        return 1
    print(f"Celery's suite: {good} of {len(judged)} tests that Python's worker passes ({100 * good / len(judged):.1f} %), {len(wanted) - len(judged)} not run")
    print(f"{good} passed, {len(failed)} failed")
    return 0 if good >= 0.95 * len(judged) else 1


if __name__ == "__main__":
    raise SystemExit(main())
