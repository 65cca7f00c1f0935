"""The command ``viralnow``: ``analyze``, the same as the Rust example of that name, and ``models``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import __version__, analyze, models
from ._progress import PlainBar
from .exceptions import CancelledError, ViralNowError

__all__ = ["main"]

_COLUMNS = 100


def _threads(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="viralnow", description="Short-form posts in, typed features and a score out."
    )
    parser.add_argument("--version", action="version", version=f"viralnow {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("analyze", help="analyse one file", description="Analyse one local file.")
    command.add_argument("path", metavar="PATH", help="a video, audio or image file")
    command.add_argument(
        "--preset",
        choices=("fast", "balanced", "reference"),
        default="balanced",
        help="how exact against how fast (balanced)",
    )
    command.add_argument("--threads", type=_threads, metavar="N", help="threads, the decoder's too (all cores)")
    command.add_argument("--json", action="store_true", help="nothing but the payload on standard output")
    command.add_argument("--language", metavar="CODE", help="ISO 639-1 code of the words (detected)")
    command.add_argument(
        "--captions", metavar="FILE", type=Path, help="a .srt or .vtt file (found beside or inside PATH)"
    )
    command.add_argument("--text", metavar="TEXT", help="text written with the post")
    command.add_argument(
        "--text-language", metavar="CODE", help="of the text on screen, such as en+de (as --language, else English)"
    )
    command.add_argument(
        "--speech-model",
        metavar="FOLDER",
        help="a Whisper model's folder, or a known one's name: recognises what is said where no captions tell it",
    )
    command.add_argument("--out", metavar="FILE", type=Path, help="write the payload to this file as well")
    command.set_defaults(run=_analyze)
    _add_models(commands)
    return parser


def _add_models(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    what = "The models that this release knows. Nothing is fetched but by pull."
    parser = commands.add_parser("models", help="list, find, verify and fetch models", description=what)
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, run, help_text in (
        ("list", _models_list, "which are known, and where they are"),
        ("where", _models_where, "the file or folder of one"),
        ("verify", _models_verify, "compares checksums; of all that are there when none is named"),
        ("pull", _models_pull, "fetches one; resumed, checked, then put in place"),
    ):
        step = steps.add_parser(name, help=help_text, description=help_text)
        if name != "list":
            step.add_argument("name", metavar="NAME", nargs="*" if name == "verify" else None, help="a model's name")
        step.add_argument("--dir", type=Path, help="where models are (VIRALNOW_MODELS, then the user's cache)")
        step.add_argument("--manifest", metavar="FILE", type=Path, help="models of one's own, as JSON")
        step.set_defaults(run=run)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code: 0, 1 for an error, 2 for wrong arguments, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    try:
        failed = options.run(options)
    except (ViralNowError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            # The reader went away; the interpreter must not complain when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        code = error.code if isinstance(error, ViralNowError) else "IO"
        # One line, whatever stands in the message.
        print(f"viralnow: {code} {' '.join(str(error).split())}", file=sys.stderr)
        return 130 if isinstance(error, CancelledError) else 1
    except KeyboardInterrupt:
        return 130
    return int(bool(failed))


def _analyze(options: argparse.Namespace) -> None:
    bar = None if options.json else PlainBar()
    try:
        analysis = analyze(
            options.path,
            text=options.text,
            captions=options.captions,
            language=options.language,
            preset=options.preset,
            threads=options.threads,
            speech_model=options.speech_model,
            text_language=options.text_language,
            # What is printed is the payload.
            keep_vectors=False,
            on_progress=None if bar is None else bar.show,
        )
    finally:
        if bar is not None:
            bar.close()
    # Printed first: a folder that cannot be written to does not cost what was found.
    print(analysis.to_json() if options.json else analysis.report(_COLUMNS))
    sys.stdout.flush()
    if options.out is not None:
        options.out.write_text(analysis.to_json(indent=2) + "\n", encoding="utf-8")
        if not options.json:
            print(f"payload written to {options.out}", flush=True)


def _models_list(options: argparse.Namespace) -> None:
    listed = models.list(dir=options.dir, manifest=options.manifest)
    for model in listed.models:
        size = sum(file.bytes or 0 for file in model.files) / 1e6
        state = model.path or (f"not here; pull ({size:.1f} MB)" if model.can_be_pulled else "not here; not fetched")
        print(f"{model.name:24} {model.licence:12} {state}")
    print("searched: " + " ".join(listed.directories))


def _models_where(options: argparse.Namespace) -> None:
    print(models.where(options.name, dir=options.dir, manifest=options.manifest))


def _models_verify(options: argparse.Namespace) -> bool:
    place = {"dir": options.dir, "manifest": options.manifest}
    names = options.name or [model.name for model in models.list(**place).models if model.path]
    good = True
    for name in names:
        verified = models.verify(name, **place)
        good &= verified.good
        for file in verified.files:
            print(f"{file.state:10} {file.path}", flush=True)
    return not good


def _models_pull(options: argparse.Namespace) -> None:
    bar = PlainBar()
    try:
        pulled = models.pull(options.name, dir=options.dir, manifest=options.manifest, on_progress=bar.show)
    finally:
        bar.close()
    print(pulled.path)


if __name__ == "__main__":
    sys.exit(main())
