"""Holds tests/parity.toml against the four languages: every name in the table is there, and every public name is in the
table. Run in the environment in which the Python package is installed."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import viralnow

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "viralnow-core/src"
# Classes of the rooms that are made and used, not only given.
CLASSES = {"SoundIndex", "LoudnessMeter", "Fingerprinter", "ActivityStream"}


def rust() -> set[str]:
    """Names re-exported at the crate's root, and the functions of the rooms that are called on their own."""
    names = set()
    for line in (SOURCE / "lib.rs").read_text().splitlines():
        found = re.fullmatch(r"pub use \w+::\{?([^}]*)\}?;", line)
        if found:
            names |= {name.strip() for name in found[1].split(",") if name.strip()}
    # Of the extractors' rooms the functions that are called on their own; their types stand in the payload or go with them.
    text = re.findall(r"^pub use \w+::\{?([^};]*)\}?;", (SOURCE / "text/mod.rs").read_text(), re.M)
    names |= {f"text::{name.strip()}" for line in text for name in line.split(",") if name.strip()[:2].islower() or name.strip().isupper()}
    # Those of `audio`, `voice`, `vision` and `clips` are called by name from the other languages: the table of `call` has them.
    for room in ("audio", "voice", "vision", "clips", "score", "models"):
        table = "".join(path.read_text() for path in sorted((SOURCE / "call").glob(f"{room}*.rs")))
        names |= {name.replace(".", "::") for name in re.findall(rf'(?:^    |&\[)\("({room}\.\w+)"', table, re.M)}
    names |= {"text::embed"} if '("text.embed"' in (SOURCE / "call/embed.rs").read_text() else set()
    # Of the rooms of pictures everything but the summary's types, which stand in the payload.
    for room in ("vision", "imaging"):
        for exported in re.findall(r"^pub use \w+::\{?([^};]*)\}?;", (SOURCE / room / "mod.rs").read_text(), re.M):
            names |= {f"{room}::{name.strip()}" for name in exported.split(",") if name.strip() not in ("", "*")}
    names |= {"VERSION"} if "pub const VERSION" in (SOURCE / "lib.rs").read_text() else set()
    for room in ("monitor", "store", "features", "pipeline", "score", "report"):
        for exported in re.findall(r"^pub use \w+::\{?([^};]*)\}?;", (SOURCE / room / "mod.rs").read_text(), re.M):
            names |= {f"{room}::{name.strip()}" for name in exported.split(",") if name.strip()}
        names |= {f"{room}::{name}" for name in re.findall(r"^pub (?:fn|struct|trait|enum|const|static) (\w+)", (SOURCE / room / "mod.rs").read_text(), re.M)}
    return names


def python() -> set[str]:
    names = {name for name in viralnow.__all__ if not name.startswith("__")}
    for room in ("text", "audio", "voice", "vision", "clips", "score", "models", "data_access"):
        # Its types go with its functions.
        names |= {f"{room}.{name}" for name in getattr(viralnow, room).__all__ if name[0].islower() or name in CLASSES}
    return names


def node() -> set[str]:
    script = """
      const viralnow = require("./viralnow-node");
      const names = Object.keys(viralnow);
      for (const room of ["text", "audio", "voice", "vision", "clips", "score", "models"]) names.push(...Object.keys(viralnow[room]).map((name) => `${room}.${name}`));
      console.log(JSON.stringify(names));
    """
    return set(json.loads(subprocess.run(["node", "-e", script], cwd=ROOT, check=True, capture_output=True).stdout))


def c() -> set[str]:
    header = re.sub(r"/\*.*?\*/", "", (ROOT / "include/viralnow.h").read_text(), flags=re.S)
    return set(re.findall(r"\b(vn_\w+)\(", header)) - set(re.findall(r"\(\*\s*(vn_\w+)\)", header))


def main() -> int:
    table = tomllib.loads((ROOT / "tests/parity.toml").read_text())
    wrong = []
    for language, present in {"rust": rust(), "python": python(), "node": node(), "c": c()}.items():
        listed: set[str] = set()
        for capability, row in table["capability"].items():
            entry = row.get(language)
            if entry is None:
                wrong.append(f"{capability} has no entry for {language}; where it has none on purpose, write \"-: why\"")
            elif isinstance(entry, list):
                listed |= set(entry)
            elif not entry.startswith("-: "):
                listed.add(entry)
        wrong += [f"{language}: {name} is in the table but not in the language" for name in sorted(listed - present)]
        wrong += [f"{language}: {name} is public but not in the table" for name in sorted(present - listed)]
        print(f"parity: {language} {len(listed)} names")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
