"""Says whether one build of the core serves tests and bindings, and if not, where the features differ.

Asks Cargo for the units of each build, which on a stable toolchain takes RUSTC_BOOTSTRAP; nothing is built.
"""

import json
import os
import subprocess
import sys

BUILDS = {
    "the core's tests": "test --no-run -p viralnow-core --features video,sqlite,onnx,platforms",
    "the C library's tests": "test --no-run -p viralnow-ffi",
    "the C library": "rustc -p viralnow-ffi --lib",
    "the Python library": "rustc -p viralnow-py --lib",
    "the Node library": "build -p viralnow-node",
}


class Build:
    def __init__(self, command: str) -> None:
        arguments = ["cargo", *command.split(), "--release", "--unit-graph", "-Zunstable-options"]
        environment = os.environ | {"RUSTC_BOOTSTRAP": "1"}
        shown = subprocess.run(arguments, env=environment, check=True, capture_output=True).stdout
        self.units = json.loads(shown)["units"]
        self.prints: dict[int, int] = {}

    def core(self) -> int:
        return next(i for i, u in enumerate(self.units) if u["target"]["name"] == "viralnow_core" and u["mode"] == "build")

    def own(self, index: int) -> dict[str, object]:
        unit = self.units[index]
        return {key: unit.get(key) for key in ("pkg_id", "target", "mode", "platform", "profile", "features")}

    def needs(self, index: int) -> dict[str, int]:
        return {need["extern_crate_name"]: need["index"] for need in self.units[index]["dependencies"]}

    def print_of(self, index: int) -> int:
        if index not in self.prints:
            needs = sorted((name, self.print_of(i)) for name, i in self.needs(index).items())
            self.prints[index] = hash((json.dumps(self.own(index), sort_keys=True), tuple(needs)))
        return self.prints[index]


def differences(a: Build, i: int, b: Build, j: int) -> set[str]:
    """What differs in the units below, by package."""
    if a.print_of(i) == b.print_of(j):
        return set()
    found = {
        f"{str(a.own(i)['pkg_id']).split('#')[-1]}: {key} {a.own(i)[key]} and {b.own(j)[key]}"
        for key in a.own(i)
        if a.own(i)[key] != b.own(j)[key]
    }
    mine, theirs = a.needs(i), b.needs(j)
    for name in mine.keys() & theirs.keys():
        found |= differences(a, mine[name], b, theirs[name])
    return found


def main() -> int:
    builds = {name: Build(command) for name, command in BUILDS.items()}
    first, *others = builds.items()
    failed = False
    for name, build in others:
        for line in sorted(differences(first[1], first[1].core(), build, build.core())):
            failed = True
            print(f"{first[0]} and {name}: {line}")
    print("the core is built more than once" if failed else "one build of the core serves tests and bindings")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
