"""One call, and many."""

from __future__ import annotations

import logging
import operator
import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import _limits, _viralnow
from ._analysis import Analysis
from ._batch import Batch
from ._extract import ExtractorLike, adapters
from ._inputs import Audio, Captions, Frames, Item, Source, _path, make_input, make_item
from ._limits import Limits
from ._progress import Bar, Progress, make_bar, observer
from ._store import Store
from .exceptions import InvalidConfigError, InvalidInputError, ViralNowError

__all__ = ["analyze", "analyze_many", "feature_dictionary", "info", "json_schema"]

MonitorLike = _viralnow.MemoryMonitor | Callable[[dict[str, Any]], object]
"""A `MemoryMonitor`, or a callable that is handed one dict for each thing that happens."""

OnProgress = Callable[[Progress], object] | _viralnow.CancelToken
"""A callable that is told how far the call is (returning False stops it), or a token that stops it."""

_META = ("user_id", "platform", "source_url")

_logger = logging.getLogger("viralnow")
_logger.addHandler(logging.NullHandler())


def analyze(
    source: Source | None = None,
    *,
    text: str | None = None,
    captions: Captions | None = None,
    audio: Audio | None = None,
    frames: Frames | None = None,
    language: str | None = None,
    asset_id: str | None = None,
    correlation_id: str | None = None,
    meta: Mapping[str, str | None] | None = None,
    preset: str = "balanced",
    modalities: Iterable[str] | None = None,
    extractors: Iterable[ExtractorLike] = (),
    threads: int | None = None,
    limits: Limits | Mapping[str, float | None] | None = None,
    keep_vectors: bool = True,
    speech_model: str | os.PathLike[str] | None = None,
    text_language: str | None = None,
    store: Store | str | os.PathLike[str] | None = None,
    monitor: MonitorLike | None = None,
    progress: bool = False,
    on_progress: OnProgress | None = None,
) -> Analysis:
    """Analyses one asset: a file, bytes, arrays or text, decoded once.

    >>> import viralnow
    >>> analysis = viralnow.analyze(text="Did you know 90% of people brush their teeth wrong? Here's why.")
    >>> analysis.text.language
    'en'

    Args:
        source: path of a local file, or the bytes of one: video, audio or image.
        text: text written with it (the post's caption, a title, a script); alone it is the asset.
        captions: path of an ``.srt`` or ``.vtt`` file, or its content; beside a path, ``clip.srt`` and ``clip.vtt`` are
            found without it.
        audio: samples instead of a source: ``(y, sr)`` as librosa has it, ``y`` of shape ``(n,)`` or ``(channels, n)``.
        frames: pictures instead of a source: ``(pictures, times or fps)``, uint8 RGB of shape
            ``(n, rows, columns, 3)``; with audio, a video.
        language: of the text, as an ISO 639-1 code such as ``en``; detected when absent.
        asset_id: your own id; derived from the content when absent.
        correlation_id: ties everything of this call to a job of yours; generated when absent.
        meta: what you know of it beside its content: ``user_id``, ``platform`` (``youtube``, ``tiktok``, ``instagram``,
            ``x``, ``other``), ``source_url``; stored with it, never interpreted.
        preset: ``fast``, ``balanced`` or ``reference`` (parity with the Python peers).
        modalities: which of ``audio``, ``voice``, ``text``, ``vision`` to compute; all when absent.
        extractors: modalities of your own, see `Extractor`.
        threads: threads of the decoder; all cores when absent. Changes no result: where the decoder meets damage, which
            each number of threads decodes in its own way, one thread decodes it all again. (VP8's decoder does not
            notice damage.)
        limits: what the input may cost, `Limits` or a dict such as ``{"max_duration_s": 60}``.
        keep_vectors: whether frame-level features are kept beside the payload; a minute of sound and pictures has some
            megabytes of them.
        speech_model: a folder with a Whisper model, or the name of one of `viralnow.models`: recognises the speech
            where nothing else tells what is said (no text, no captions). Without one no speech is recognised.
        text_language: of the text on screen, such as ``en``, ``en+de`` or ``chi_tra`` (tesseract's own names count
            too); ``language`` when absent, if there is data for that, else English.
        store: a `Store` or the path of one: keeps the payload, and skips work that is already there.
        monitor: a `MemoryMonitor`, or a callable that is handed a dict for each span, event and progress.
        progress: show a bar (tqdm's, where it is installed) on stderr.
        on_progress: told how far the call is, at most 20 times a second; returning False stops the call. What it
            raises, the call raises. A `CancelToken` stops the call from another thread.

    Returns:
        The features; a store that did not take them warns, and `store_error` says why. What could not be had is None
        with a reason in ``analysis.missing``; `status` is ``partial`` where a modality that the asset has failed or was
        cut short.

    Raises:
        ViralNowError: one of its children, where nothing can be had (no such file, no media, over a limit, cancelled).
        TypeError: an argument is of a type that is not taken.

    The interpreter's lock is released meanwhile, so threads and ``await asyncio.to_thread(viralnow.analyze, path)`` go
    on; Ctrl-C stops the call.
    """
    native_input = make_input(source, text=text, captions=captions, audio=audio, frames=frames)
    call = _Call(
        batch=False,
        settings=_settings(
            preset,
            modalities,
            threads,
            limits,
            language,
            asset_id,
            correlation_id,
            meta,
            keep_vectors,
            speech_model,
            text_language,
        ),
        extractors=extractors,
        store=store,
        monitor=monitor,
        progress=progress,
        on_progress=on_progress,
    )
    with call as analyzer:
        payload, vectors = analyzer.analyze(native_input)
    return _told(Analysis(payload, vectors), 3)


def analyze_many(
    sources: Iterable[Source | Item | Mapping[str, Any]],
    *,
    timeout_s: float | None = None,
    text: str | None = None,
    captions: Captions | None = None,
    audio: Audio | None = None,
    frames: Frames | None = None,
    language: str | None = None,
    asset_id: str | None = None,
    correlation_id: str | None = None,
    meta: Mapping[str, str | None] | None = None,
    preset: str = "balanced",
    modalities: Iterable[str] | None = None,
    extractors: Iterable[ExtractorLike] = (),
    threads: int | None = None,
    limits: Limits | Mapping[str, float | None] | None = None,
    keep_vectors: bool = True,
    speech_model: str | os.PathLike[str] | None = None,
    text_language: str | None = None,
    store: Store | str | os.PathLike[str] | None = None,
    monitor: MonitorLike | None = None,
    progress: bool = False,
    on_progress: OnProgress | None = None,
) -> Batch:
    """Analyses many assets, `threads` at a time with one decoder thread each.

    >>> import viralnow
    >>> batch = viralnow.analyze_many([{"text": "Wait for it."}, "no-such-file.mp4"])
    >>> batch[0].text.word_count
    3
    >>> batch[1].code
    'NOT_FOUND'

    Args:
        sources: paths, bytes, or dicts of the arguments of one asset (``source``, ``text``, ``captions``, ``audio``,
            ``frames``), which win over those given for all.
        timeout_s: wall-clock time for each asset; over it, what was decoded until then is its (partial) result, or it
            ends with `AnalysisTimeoutError` where there is none.

    The other arguments are those of `analyze`, and are the same for every asset. `asset_id` names one asset, so it is
    refused here.

    Returns:
        One entry per asset, in the order of `sources`. A bad one never stops the batch: its entry is the exception.

    Raises:
        CancelledError: the host stopped the whole batch. What was finished by then is lost, unless there is a
            `store`, which has it: another call then skips it.
    """
    if isinstance(sources, (str, bytes, bytearray, memoryview, os.PathLike, Mapping)):
        raise TypeError(f"sources must be several sources, such as a list; not one {type(sources).__name__}")
    if asset_id is not None:
        raise InvalidConfigError("asset_id names one asset; leave it out of analyze_many, or call analyze for each")
    if timeout_s is not None and not 0 < timeout_s < float("inf"):
        raise InvalidConfigError(f"timeout_s must be a positive number of seconds, not {timeout_s}")
    common = {"text": text, "captions": captions, "audio": audio, "frames": frames}
    items: list[Analysis | ViralNowError | None] = []
    inputs: list[_viralnow.Input] = []
    for source in sources:
        try:
            inputs.append(make_item(source, common))
            items.append(None)
        except ViralNowError as error:
            items.append(error)
        except TypeError as error:
            items.append(InvalidInputError(str(error)))
    call = _Call(
        batch=True,
        settings=_settings(
            preset,
            modalities,
            threads,
            limits,
            language,
            None,
            correlation_id,
            meta,
            keep_vectors,
            speech_model,
            text_language,
        ),
        extractors=extractors,
        store=store,
        monitor=monitor,
        progress=progress,
        on_progress=on_progress,
    )
    with call as analyzer:
        results = iter(analyzer.analyze_many(inputs, None if timeout_s is None else float(timeout_s)))
    done: list[Analysis | ViralNowError] = []
    for item in items:
        result = next(results) if item is None else item
        done.append(_told(Analysis(*result), 3) if isinstance(result, tuple) else result)
    return Batch(done)


def info() -> dict[str, Any]:
    """What this build can do and what it found here: version, features built, versions of FFmpeg, ONNX Runtime
    and tesseract, model files, versions of the methods."""
    return _viralnow.info()


def feature_dictionary() -> list[dict[str, str]]:
    """Every feature of the payload: name, kind, unit, range, description, and the schema version that brought it."""
    return _viralnow.feature_dictionary()


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the payload."""
    return _viralnow.json_schema()


def _told(analysis: Analysis, depth: int) -> Analysis:
    """Warns where the features are there and the store did not take them; depth as `warnings.warn` counts it."""
    if (failed := analysis.store_error) is not None:
        warnings.warn(f"the store did not take the features: {failed.code}: {failed.message}", stacklevel=depth)
    return analysis


def _check_flag(progress: object) -> None:
    # A function has no truth of its own, and would be taken for True.
    if not hasattr(progress, "__bool__"):
        raise TypeError("progress is True or False; what is to be told goes to on_progress")


class _Call:
    """What goes around one native call: a store that is opened for it, a bar that is closed after it."""

    def __init__(
        self,
        *,
        batch: bool,
        settings: dict[str, Any],
        extractors: Iterable[ExtractorLike],
        store: Store | str | os.PathLike[str] | None,
        monitor: MonitorLike | None,
        progress: bool,
        on_progress: OnProgress | None,
    ) -> None:
        self.settings = settings
        self.adapters = adapters(extractors, batch=batch)
        self.monitor = monitor
        self.cancel = on_progress if isinstance(on_progress, _viralnow.CancelToken) else None
        if on_progress is not None and self.cancel is None and not callable(on_progress):
            raise TypeError(f"on_progress must be callable or a CancelToken, not {type(on_progress).__name__}")
        self.on_progress = None if isinstance(on_progress, _viralnow.CancelToken) else on_progress
        _check_flag(progress)
        self.progress = progress
        self.store = store
        self.opened: Store | None = None
        self.bar: Bar | None = None

    def __enter__(self) -> _viralnow.Analyzer:
        store = self.store
        if store is not None and not isinstance(store, Store):
            self.opened = store = Store(store)
        self.bar = make_bar() if self.progress else None
        try:
            return _viralnow.Analyzer(
                self.settings,
                extractors=self.adapters,
                store=None if store is None else store._open(),
                monitor=self.monitor,
                logger=_logger,
                observer=observer(self.bar, self.on_progress),
                cancel=self.cancel,
            )
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_error: object) -> None:
        if self.bar is not None:
            self.bar.close()
        if self.opened is not None:
            self.opened.close()


def _settings(
    preset: str,
    modalities: Iterable[str] | None,
    threads: int | None,
    limits: Limits | Mapping[str, float | None] | None,
    language: str | None,
    asset_id: str | None,
    correlation_id: str | None,
    meta: Mapping[str, str | None] | None,
    keep_vectors: bool = True,
    speech_model: str | os.PathLike[str] | None = None,
    text_language: str | None = None,
) -> dict[str, Any]:
    known = {} if meta is None else dict(meta)
    if extra := set(known) - set(_META):
        raise InvalidConfigError(f"no such field of meta: {', '.join(sorted(extra))}; there are {', '.join(_META)}")
    for name, value in (
        ("preset", preset),
        ("language", language),
        ("text_language", text_language),
        ("asset_id", asset_id),
        ("correlation_id", correlation_id),
        *((f"meta.{name}", value) for name, value in known.items()),
    ):
        if not isinstance(value, (str, type(None))) or (name == "preset" and value is None):
            raise TypeError(f"{name} must be a str, not {type(value).__name__}")
        if value is not None and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise InvalidInputError(f"{name} is no Unicode text: it has half of a surrogate pair in it") from error
    count = 0 if threads is None else operator.index(threads)
    if count < 0 or (threads is not None and count == 0):
        raise InvalidConfigError(f"threads must be at least 1, or None for all cores; not {threads}")
    if isinstance(modalities, str):
        modalities = [modalities]
    return {
        "preset": preset,
        "modalities": None if modalities is None else list(modalities),
        "threads": count,
        "limits": _limits.to_json(limits),
        "language": language,
        "text_language": text_language,
        "speech_model": None if speech_model is None else _path(speech_model, "speech_model"),
        "asset_id": asset_id,
        "correlation_id": correlation_id,
        "meta": tuple(known.get(name) for name in _META),
        "keep_vectors": bool(keep_vectors),
    }
