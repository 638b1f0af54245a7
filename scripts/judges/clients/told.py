"""The least of a test runner: names what passed and what did not."""

import sys
import traceback


class Told:
    passed = failed = 0

    def __call__(self, test):
        name = test.__name__.replace("_", " ")
        try:
            test()
            self.passed += 1
            print(f"ok    {name}")
        except Exception:
            self.failed += 1
            print(f"FAIL  {name}")
            traceback.print_exc(file=sys.stdout)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


told = Told()
