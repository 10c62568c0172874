"""Counting what held and what did not."""


class Checks:
    """Runs checks one by one: a check fails by raising, and the others go on."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def check(self, name, function, *arguments):
        """Prints ok or FAIL with the reason; returns what the check returned."""
        try:
            result = function(*arguments)
        except Exception as error:  # A reader that breaks is a failure like any other.
            self.failed += 1
            print(f"FAIL {name}: {type(error).__name__}: {error}")
            return None
        self.passed += 1
        print(f"ok   {name}")
        return result

    def finish(self):
        """The closing line; the exit code."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def same(got, wanted, what):
    """Two dictionaries are equal, or the first differences are told."""
    wrong = [f"{key}: {got.get(key)} instead of {wanted.get(key)}" for key in sorted({*got, *wanted}, key=str) if got.get(key) != wanted.get(key)]
    if wrong:
        raise AssertionError(f"{len(wrong)} of {len(wanted)} {what} differ: " + "; ".join(wrong[:3]))
    if not wanted:
        raise AssertionError(f"no {what} to compare")


def require(condition, message):
    """Raises where the condition does not hold."""
    if not condition:
        raise AssertionError(message)
