"""Functions on words, without an asset around them: on one text, or on many at once.

>>> import viralnow
>>> viralnow.text.sentences("Dr. Smith paid $3.50. Really?! Yes.")
['Dr. Smith paid $3.50.', 'Really?!', 'Yes.']
>>> [s.compound for s in viralnow.text.sentiment(["I love it!", "I hate it."])]
[0.6696, -0.5719]

Given a list (or a column) of texts, each function gives the list of what it gives for each. Ctrl-C ends a long one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from . import _viralnow
from ._call import call_watched, settings_only, watched
from ._inputs import _path
from ._progress import Progress
from ._view import View
from .exceptions import InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "embed",
    "emotions",
    "hook",
    "hook_ab",
    "keywords",
    "language",
    "normalise",
    "readability",
    "sentences",
    "sentiment",
    "transcribe",
]

_Result = TypeVar("_Result")

_SHORT = 20_000
"""Characters that take less time than to start a thread that Ctrl-C can leave."""


@overload
def sentiment(text: str) -> View: ...  # type: ignore[overload-overlap]
@overload
def sentiment(text: Iterable[str]) -> list[View]: ...
def sentiment(text: str | Iterable[str]) -> View | list[View]:
    """VADER sentiment (Hutto & Gilbert 2014) of an English text.

    ``negative``, ``neutral`` and ``positive`` are shares of the words in [0, 1]; ``compound`` is in [-1, 1], commonly
    read as positive from 0.05 on and negative from -0.05 down. Made for a sentence or a post.

    >>> viralnow.text.sentiment("The food was great, but the service was absolutely horrible.").compound
    -0.5632
    """
    return _on("text.sentiment", text, View)  # type: ignore[no-any-return]


@overload
def emotions(text: str) -> View | None: ...  # type: ignore[overload-overlap]
@overload
def emotions(text: Iterable[str]) -> list[View | None]: ...
def emotions(text: str | Iterable[str]) -> View | list[View | None] | None:
    """The emotions of an English sentence or comment: ``scores``, the probability of each of the 28 labels of
    GoEmotions (Demszky et al. 2020), and ``labels``, those that hold, the likeliest first. None where it knows no word.

    By a small model that is part of the library: macro-F1 0.482, micro-F1 0.562 on comments that took no part in its
    training. It counts words; irony escapes it.

    >>> viralnow.text.emotions("Thank you so much, this made my day!").labels[0]
    'gratitude'
    """
    return _on("text.emotions", text, lambda found: found and View(found))  # type: ignore[no-any-return]


@overload
def readability(text: str, preset: str = "balanced") -> View | None: ...  # type: ignore[overload-overlap]
@overload
def readability(text: Iterable[str], preset: str = "balanced") -> list[View | None]: ...
def readability(text: str | Iterable[str], preset: str = "balanced") -> View | list[View | None] | None:
    """Readability formulas of an English text: ``flesch_reading_ease``, ``flesch_kincaid_grade``, ``smog_index`` (None
    under 3 sentences), ``automated_readability_index``, ``coleman_liau_index``, ``gunning_fog``,
    ``dale_chall_readability_score``; None without words.

    ``preset="reference"`` counts as Python's textstat does.

    >>> viralnow.text.readability("The cat sat on the mat. It was a warm day.").flesch_reading_ease > 100
    True
    """
    return _on("text.readability", text, lambda formulas: formulas and View(formulas), preset=preset)  # type: ignore[no-any-return]


@overload
def sentences(text: str, language: str | None = None) -> list[str]: ...  # type: ignore[overload-overlap]
@overload
def sentences(text: Iterable[str], language: str | None = None) -> list[list[str]]: ...
def sentences(text: str | Iterable[str], language: str | None = None) -> list[str] | list[list[str]]:
    """The sentences of a text. `language` is an ISO 639-1 code; without one, text in Latin script gets English rules.

    >>> viralnow.text.sentences("你好。你吃了吗？", "zh")
    ['你好。', '你吃了吗？']
    """
    return _on("text.sentences", text, list, language=language)  # type: ignore[no-any-return]


@overload
def keywords(text: str, language: str | None = None, top: int = 10) -> list[View]: ...  # type: ignore[overload-overlap]
@overload
def keywords(text: Iterable[str], language: str | None = None, top: int = 10) -> list[list[View]]: ...
def keywords(
    text: str | Iterable[str], language: str | None = None, top: int = 10
) -> list[View] | list[list[View]]:
    """Key phrases (YAKE, Campos 2020), best first: ``phrase`` in lower case and ``score``, the lower the more relevant.

    `language` is an ISO 639-1 code, English when absent; empty for a language whose function words are not known.

    >>> viralnow.text.keywords("Compound interest is the quiet engine of wealth.", top=3)[0].phrase
    'compound interest'
    """
    if top < 0:
        raise InvalidInputError(f"top must not be negative, but is {top}")
    make = lambda found: [View(keyword) for keyword in found]  # noqa: E731
    return _on("text.keywords", text, make, language=language, top=top)  # type: ignore[no-any-return]


@overload
def hook(text: str) -> View: ...  # type: ignore[overload-overlap]
@overload
def hook(text: Iterable[str]) -> list[View]: ...
def hook(text: str | Iterable[str]) -> View | list[View]:
    """How much an English opening is written like a hook: ``features`` (sub-features by name) and ``style``, all in
    [0, 1]. It does not predict performance.

    >>> viralnow.text.hook("You won't believe what happened next").features.negation
    1.0
    """
    return _on("text.hook", text, View)  # type: ignore[no-any-return]


@overload
def hook_ab(first: str, second: str) -> View: ...  # type: ignore[overload-overlap]
@overload
def hook_ab(first: Iterable[str], second: Iterable[str]) -> list[View]: ...
def hook_ab(first: str | Iterable[str], second: str | Iterable[str]) -> View | list[View]:
    """Which of two English headlines or captions for one and the same story would be clicked more: ``better`` is
    ``"first"``, ``"second"`` or None, ``probability`` that of the first, if one of them clearly wins.

    Fitted to the A/B tests of one site (2013 to 2015). In cross-validation over tests it is right for 66.9 % of the
    clear pairs and for 58.7 % of all; a coin is right for 50 %. It says nothing about two different stories, nor how
    far either spreads.

    >>> viralnow.text.hook_ab("Watch what this girl does next", "A report on municipal budgets").better
    'first'
    """
    if isinstance(first, str) and isinstance(second, str):
        return View(_call("text.hook_ab", len(first) + len(second), first=first, second=second))
    if isinstance(first, str) or isinstance(second, str):
        raise TypeError("first and second must be two texts, or as many texts each")
    firsts, seconds = _texts(first), _texts(second)
    length = sum(map(len, firsts)) + sum(map(len, seconds))
    return [View(found) for found in _call("text.hook_ab", length, first=firsts, second=seconds)]


@overload
def language(text: str) -> tuple[str, float] | None: ...  # type: ignore[overload-overlap]
@overload
def language(text: Iterable[str]) -> list[tuple[str, float] | None]: ...
def language(
    text: str | Iterable[str],
) -> tuple[str, float] | list[tuple[str, float] | None] | None:
    """The language of a text as an ISO 639-1 code, and how sure that is in [0, 1]; None when it is too short or mixed.

    >>> viralnow.text.language("J'ai perdu mon chien hier.")[0]
    'fr'
    """
    return _on("text.language", text, lambda found: found and (found[0], found[1]))  # type: ignore[no-any-return]


@overload
def normalise(text: str) -> View: ...  # type: ignore[overload-overlap]
@overload
def normalise(text: Iterable[str]) -> list[View]: ...
def normalise(text: str | Iterable[str]) -> View | list[View]:
    """A post taken apart: ``text`` (its words as one reads them), ``emoji``, ``hashtags``, ``mentions``, ``urls``,
    ``calls_to_action`` (``kind``, ``text``; English), ``prices`` (``text``, ``amount``, ``currency``),
    ``discounts_percent``.

    >>> post = viralnow.text.normalise("Only $5k 😍 Save 20% off! #MomLife @ana https://a.co/x")
    >>> post.text, post.hashtags, post.prices[0].amount
    ('Only $5k Save 20% off! Mom Life ana', ('momlife',), 5000.0)
    """
    return _on("text.normalise", text, View)  # type: ignore[no-any-return]


def embed(
    text: str | Iterable[str],
    model: str | os.PathLike[str] = "all-MiniLM-L6-v2",
    *,
    threads: int = 0,
    on_progress: Callable[[Progress], object] | None = None,
) -> npt.NDArray[np.float32]:
    """Sentence embeddings: vectors of length 1 that lie near each other where texts mean the same, so that the product
    of two is their cosine. One text gives a vector, several give a row each.

    `model` is a folder (``config.json``, ``tokenizer.json`` and ``model.safetensors`` or ``model.onnx``), or the name
    of a model of `viralnow.models`; it stays loaded. `threads` is 0 for all cores.
    """
    texts = [text] if isinstance(text, str) else _texts(text)
    for one in texts:
        # Half of a surrogate pair is no Unicode text, and JSON would hide it.
        one.encode()
    _, vectors = watched("text.embed", on_progress, texts=texts, model=_path(model, "model"), threads=threads)
    rows: npt.NDArray[np.float32] = vectors["embeddings"][0]
    return rows[0] if isinstance(text, str) else rows


@overload
def transcribe(
    source: str | os.PathLike[str],
    sr: None = None,
    model: str | os.PathLike[str] = ...,
    *,
    language: str | None = ...,
    task: str = ...,
    prompt: str | None = ...,
    word_times: bool = ...,
    vad: bool = ...,
    condition_on_previous_text: bool = ...,
    temperatures: Iterable[float] = ...,
    compression_ratio_threshold: float | None = ...,
    log_probability_threshold: float | None = ...,
    no_speech_threshold: float | None = ...,
    seed: int = ...,
    threads: int = ...,
    on_progress: Callable[[Progress], object] | None = ...,
) -> View: ...
@overload
def transcribe(
    source: npt.NDArray[Any],
    sr: float,
    model: str | os.PathLike[str] = ...,
    *,
    language: str | None = ...,
    task: str = ...,
    prompt: str | None = ...,
    word_times: bool = ...,
    vad: bool = ...,
    condition_on_previous_text: bool = ...,
    temperatures: Iterable[float] = ...,
    compression_ratio_threshold: float | None = ...,
    log_probability_threshold: float | None = ...,
    no_speech_threshold: float | None = ...,
    seed: int = ...,
    threads: int = ...,
    on_progress: Callable[[Progress], object] | None = ...,
) -> View: ...
@overload
def transcribe(
    source: list[str | os.PathLike[str]],
    sr: None = None,
    model: str | os.PathLike[str] = ...,
    *,
    language: str | None = ...,
    task: str = ...,
    prompt: str | None = ...,
    word_times: bool = ...,
    vad: bool = ...,
    condition_on_previous_text: bool = ...,
    temperatures: Iterable[float] = ...,
    compression_ratio_threshold: float | None = ...,
    log_probability_threshold: float | None = ...,
    no_speech_threshold: float | None = ...,
    seed: int = ...,
    threads: int = ...,
    on_progress: Callable[[Progress], object] | None = ...,
) -> list[View]: ...
def transcribe(
    source: str | os.PathLike[str] | npt.NDArray[Any] | list[str | os.PathLike[str]],
    sr: float | None = None,
    model: str | os.PathLike[str] = "whisper-base",
    *,
    language: str | None = None,
    task: str = "transcribe",
    prompt: str | None = None,
    word_times: bool = True,
    vad: bool = True,
    condition_on_previous_text: bool = True,
    temperatures: Iterable[float] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
    compression_ratio_threshold: float | None = 2.4,
    log_probability_threshold: float | None = -1.0,
    no_speech_threshold: float | None = 0.6,
    seed: int = 0,
    threads: int = 0,
    on_progress: Callable[[Progress], object] | None = None,
) -> View | list[View]:
    """Speech as text: of a file, of samples at `sr`, or of a list of files, which gives a list; there a file that
    fails has an ``error`` with ``code`` and ``message``.

    ``segments`` (``start_s``, ``end_s``, ``text``, ``words`` with their times and ``probability``,
    ``avg_log_probability``, ``no_speech_probability``, ``compression_ratio``, ``temperature``), ``language``,
    ``language_probability``, ``skipped``: what was not transcribed, and why, and ``missing``: why ``segments.words``
    are None although they were asked for.

    `model` is a folder with a Whisper model (``config.json``, ``tokenizer.json``, ``generation_config.json``, and
    ``model.safetensors``, a ``.gguf`` file or ONNX files as optimum exports them), or the name of one of
    `viralnow.models`; it stays loaded. Words have times where the decoder's attention is to be had, which most ONNX
    exports do not give. With `vad`, silence and music are not listened to. A text that repeats itself or is too
    unlikely is given anew at the next of the `temperatures`; the thresholds say when, None is never. `task` is
    ``transcribe``, or ``translate`` (into English).
    """
    settings = {
        "model": _path(model, "model"),
        "language": language,
        "task": task,
        "prompt": prompt,
        "word_times": word_times,
        "vad": vad,
        "condition_on_previous_text": condition_on_previous_text,
        "temperatures": [float(temperature) for temperature in temperatures],
        "compression_ratio_threshold": compression_ratio_threshold,
        "log_probability_threshold": log_probability_threshold,
        "no_speech_threshold": no_speech_threshold,
        "seed": seed,
        "threads": threads,
    }
    if isinstance(source, (str, os.PathLike)):
        return View(watched("text.transcribe", on_progress, path=_path(source, "source"), **settings)[0])
    if isinstance(source, list) and all(isinstance(one, (str, os.PathLike)) for one in source):
        paths = [_path(one, "source") for one in source if isinstance(one, (str, os.PathLike))]
        return [View(one) for one in watched("text.transcribe", on_progress, paths=paths, **settings)[0]]
    if sr is None:
        raise TypeError("samples need their rate: transcribe(y, sr)")
    return View(call_watched("text.transcribe", cast("npt.ArrayLike", source), sr, on_progress, settings))


def _on(name: str, text: str | Iterable[str], make: Callable[[Any], _Result], **settings: Any) -> Any:
    """Calls a function on one text or on many; `make` makes the result of plain data."""
    if isinstance(text, str):
        return make(_call(name, len(text), text=text, **settings))
    texts = _texts(text)
    return [make(found) for found in _call(name, sum(map(len, texts)), text=texts, **settings)]


def _texts(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, (bytes, bytearray, memoryview)):
        raise TypeError(f"text must be a str or an iterable of str, not {type(texts).__name__}")
    found = list(texts)
    for text in found:
        if not isinstance(text, str):
            raise TypeError(f"text must be a str or an iterable of str; one in it is {type(text).__name__}")
    return found


def _call(name: str, length: int, **settings: Any) -> Any:
    if length > _SHORT:
        return settings_only(name, **settings)[0]
    return _viralnow.call_text(name, json.dumps(settings, ensure_ascii=False))
