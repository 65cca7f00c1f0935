"""Sound as features: functions on samples with librosa's names, defaults and conventions.

Arrays have librosa's shape, features first: ``(20, frames)``. `y` is float in [-1, 1], int16 or int32, of shape
``(n,)`` or
``(channels, n)``, whose channels are averaged where one is wanted; `sr` is its rate, which librosa takes for 22050
when it is
not told and which is asked for here. Frame `k` is centred on sample ``k * hop_length``. The interpreter's lock is
released.

What else differs from librosa: `beat_track` gives an object with ``tempo_bpm``, ``beats_s`` and ``frames`` instead of a
pair; tempo is None where there are no onsets; spectra (``S=``) are not taken, samples are.

>>> import numpy as np, viralnow
>>> y = 0.5 * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
>>> viralnow.audio.mfcc(y, 22050).shape
(20, 44)
>>> round(viralnow.audio.loudness(y, 22050).integrated_lufs, 1)
-9.7
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from . import _viralnow
from ._call import Stream, array, call, plain, rows, watched
from ._inputs import rate_of
from ._view import View

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ._types import Vector

    _Array = npt.NDArray[np.float32]

__all__ = [
    "Fingerprint",
    "Fingerprinter",
    "LoudnessMeter",
    "SoundIndex",
    "beat_track",
    "chroma_stft",
    "danceability",
    "delta",
    "estimate_tuning",
    "fingerprint",
    "key",
    "load",
    "loudness",
    "loudness_series",
    "melspectrogram",
    "mfcc",
    "normalize_gain",
    "onset_strength",
    "power_to_db",
    "resample",
    "rhythm",
    "rms",
    "sound_hash_similarity",
    "spectral_bandwidth",
    "spectral_centroid",
    "spectral_contrast",
    "spectral_features",
    "spectral_flatness",
    "spectral_rolloff",
    "speech_music",
    "tempo",
    "zero_crossing_rate",
]


def melspectrogram(
    y: npt.ArrayLike,
    sr: float,
    *,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    center: bool = True,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    power: float = 2.0,
) -> _Array:
    """Energy in mel bands (Slaney's scale and norm), shape ``(n_mels, frames)``: librosa's
    ``feature.melspectrogram``."""
    return array(
        "audio.melspectrogram",
        y,
        sr,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        power=power,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        center=center,
    )


def mfcc(
    y: npt.ArrayLike,
    sr: float,
    *,
    n_mfcc: int = 20,
    lifter: float = 0.0,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    center: bool = True,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    power: float = 2.0,
) -> _Array:
    """Mel-frequency cepstral coefficients, shape ``(n_mfcc, frames)``: librosa's ``feature.mfcc``."""
    return array(
        "audio.mfcc",
        y,
        sr,
        n_mfcc=n_mfcc,
        lifter=lifter,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        power=power,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        center=center,
    )


def chroma_stft(
    y: npt.ArrayLike,
    sr: float,
    *,
    n_chroma: int = 12,
    tuning: float | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    center: bool = True,
) -> _Array:
    """Energy in the pitch classes from C, each frame's largest 1, shape ``(12, frames)``: librosa's
    ``feature.chroma_stft``.
    Without `tuning` (a fraction of a class) it is estimated."""
    return array(
        "audio.chroma_stft",
        y,
        sr,
        n_chroma=n_chroma,
        tuning=tuning,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        center=center,
    )


def estimate_tuning(
    y: npt.ArrayLike,
    sr: float,
    *,
    resolution: float = 0.01,
    bins_per_octave: int = 12,
    fmin: float = 150.0,
    fmax: float = 4000.0,
    threshold: float = 0.1,
    n_fft: int = 2048,
    hop_length: int | None = None,
    win_length: int | None = None,
    center: bool = True,
) -> float:
    """How far the pitches lie from A = 440 Hz, as a fraction of a semitone in [-0.5, 0.5): librosa's
    ``estimate_tuning``, whose frames are ``n_fft // 4`` apart when nothing is said."""
    return float(
        plain(
            "audio.estimate_tuning",
            y,
            sr,
            resolution=resolution,
            bins_per_octave=bins_per_octave,
            fmin=fmin,
            fmax=fmax,
            threshold=threshold,
            n_fft=n_fft,
            hop_length=hop_length,
            win_length=win_length,
            center=center,
        )
    )


def spectral_centroid(
    y: npt.ArrayLike,
    sr: float,
    *,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    center: bool = True,
) -> _Array:
    """Centre of gravity of the spectrum in Hz, shape ``(1, frames)``: librosa's ``feature.spectral_centroid``."""
    return array(
        "audio.spectral_centroid",
        y,
        sr,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        center=center,
    )


def spectral_bandwidth(
    y: npt.ArrayLike,
    sr: float,
    *,
    p: float = 2.0,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    center: bool = True,
) -> _Array:
    """Spread around the centroid in Hz, shape ``(1, frames)``: librosa's ``feature.spectral_bandwidth``."""
    return array(
        "audio.spectral_bandwidth",
        y,
        sr,
        p=p,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        center=center,
    )


def spectral_rolloff(
    y: npt.ArrayLike,
    sr: float,
    *,
    roll_percent: float = 0.85,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    center: bool = True,
) -> _Array:
    """Frequency below which this share of the magnitude lies, in Hz, shape ``(1, frames)``: librosa's
    ``feature.spectral_rolloff``."""
    return array(
        "audio.spectral_rolloff",
        y,
        sr,
        roll_percent=roll_percent,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        center=center,
    )


def spectral_flatness(
    y: npt.ArrayLike,
    sr: float,
    *,
    amin: float = 1e-10,
    power: float = 2.0,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    center: bool = True,
) -> _Array:
    """Geometric over arithmetic mean of the power spectrum, in [0, 1], shape ``(1, frames)``: librosa's
    ``feature.spectral_flatness``."""
    return array(
        "audio.spectral_flatness",
        y,
        sr,
        amin=amin,
        power=power,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        center=center,
    )


def spectral_contrast(
    y: npt.ArrayLike,
    sr: float,
    *,
    fmin: float = 200.0,
    n_bands: int = 6,
    quantile: float = 0.02,
    linear: bool = False,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    center: bool = True,
) -> _Array:
    """Peak over valley in octave-wide bands in dB, shape ``(n_bands + 1, frames)``: librosa's
    ``feature.spectral_contrast``."""
    return array(
        "audio.spectral_contrast",
        y,
        sr,
        fmin=fmin,
        n_bands=n_bands,
        quantile=quantile,
        linear=linear,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        center=center,
    )


def spectral_features(
    y: npt.ArrayLike,
    sr: float,
    *,
    n_mfcc: int = 20,
    n_mels: int = 128,
    n_chroma: int = 12,
    tuning: float | None = None,
    n_bands: int = 6,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    center: bool = True,
) -> SpectralFeatures:
    """All that can be read off short-time spectra, from spectra that are computed once, which costs far less than the
    single functions one after the other. Each array is the one that the function of its name gives;
    `onset_strength` is what ``beat_track(onset_envelope=...)`` takes."""
    _, vectors = call(
        "audio.spectral_features",
        y,
        sr,
        {
            "n_mfcc": n_mfcc,
            "n_mels": n_mels,
            "n_chroma": n_chroma,
            "tuning": tuning,
            "n_bands": n_bands,
            "n_fft": n_fft,
            "hop_length": hop_length,
            "win_length": win_length,
            "center": center,
        },
    )
    arrays = {name: values.T for name, (values, _times, _unit) in vectors.items()}
    return SpectralFeatures(**{**arrays, "onset_strength": arrays["onset_strength"][0]})


class SpectralFeatures(NamedTuple):
    """The spectral features of a sound, features first as librosa has them; all have the same frames."""

    mfcc: _Array
    """Shape ``(n_mfcc, frames)``."""
    chroma_stft: _Array
    """Shape ``(n_chroma, frames)``."""
    spectral_centroid: _Array
    """In Hz, shape ``(1, frames)``, as are the next three."""
    spectral_bandwidth: _Array
    """In Hz."""
    spectral_rolloff: _Array
    """In Hz."""
    spectral_flatness: _Array
    """In [0, 1]."""
    spectral_contrast: _Array
    """In dB, shape ``(n_bands + 1, frames)``."""
    zero_crossing_rate: _Array
    """In [0, 1], shape ``(1, frames)``."""
    rms: _Array
    """Root mean square, shape ``(1, frames)``."""
    onset_strength: _Array
    """In dB, shape ``(frames,)``."""


def zero_crossing_rate(
    y: npt.ArrayLike, *, frame_length: int = 2048, hop_length: int = 512, center: bool = True
) -> _Array:
    """Share of neighbouring samples that differ in sign, in [0, 1], shape ``(1, frames)``: librosa's
    ``feature.zero_crossing_rate``."""
    # The rate changes nothing but the times, which are not given.
    return array("audio.zero_crossing_rate", y, 48000, frame_length=frame_length, hop_length=hop_length, center=center)


def rms(y: npt.ArrayLike, *, frame_length: int = 2048, hop_length: int = 512, center: bool = True) -> _Array:
    """Root mean square of each frame, shape ``(1, frames)``: librosa's ``feature.rms``."""
    # The rate changes nothing but the times, which are not given.
    return array("audio.rms", y, 48000, frame_length=frame_length, hop_length=hop_length, center=center)


def delta(data: npt.ArrayLike, *, width: int = 9, order: int = 1) -> _Array:
    """The derivative of features of shape ``(features, frames)`` along the frames: librosa's ``feature.delta``."""
    return rows("audio.delta", data, width=width, order=order)


def power_to_db(
    S: npt.ArrayLike,  # noqa: N803
    *,
    ref: float | Callable[..., Any] = 1.0,
    amin: float = 1e-10,
    top_db: float | None = 80.0,
) -> _Array:
    """Powers of shape ``(features, frames)`` in decibels: librosa's ``power_to_db``. `ref` is a power or
    ``np.max``."""
    power: float | str
    if callable(ref):
        if getattr(ref, "__name__", "") not in ("max", "amax"):
            raise TypeError("ref must be a power or np.max; for another function, give what it gives for S")
        power = "max"
    else:
        power = ref
    return rows("audio.power_to_db", S, ref=power, amin=amin, top_db=top_db)


def loudness(y: npt.ArrayLike, sr: float, *, mode: str = "bs1770") -> View:
    """Loudness after EBU R 128 / ITU-R BS.1770-4: ``integrated_lufs``, ``range_lu``, ``true_peak_dbtp``,
    ``momentary_max_lufs``, ``short_term_max_lufs``; None where undefined. `y` of shape ``(channels, n)`` is measured
    with the
    channels' weights.

    ``mode="pyloudnorm"`` gives the numbers of pyloudnorm's default filter, which is not that of the standard.
    """
    return View(plain("audio.loudness", y, sr, mode=mode))


def loudness_series(y: npt.ArrayLike, sr: float, *, mode: str = "bs1770") -> LoudnessSeries:
    """Momentary (0.4 s) and short-term (3 s) loudness in LUFS, ten values a second, with the times of the windows'
    middles;
    NaN in digital silence."""
    _, vectors = call("audio.loudness_series", y, sr, {"mode": mode})
    momentary, short_term = vectors["momentary"], vectors["short_term"]
    return LoudnessSeries(momentary[0][:, 0], momentary[1], short_term[0][:, 0], short_term[1])


class LoudnessSeries(NamedTuple):
    """Loudness over time."""

    momentary_lufs: npt.NDArray[np.float32]
    """Over 0.4 s, in LUFS."""
    momentary_times_s: npt.NDArray[np.float64]
    """Middles of its windows, in seconds."""
    short_term_lufs: npt.NDArray[np.float32]
    """Over 3 s, in LUFS."""
    short_term_times_s: npt.NDArray[np.float64]
    """Middles of its windows, in seconds."""


class LoudnessMeter(Stream):
    """Loudness as the sound comes (EBU R 128, mode ``bs1770``): a meter for live sound.

    >>> import numpy as np, viralnow
    >>> meter = viralnow.audio.LoudnessMeter(48000)
    >>> tone = 0.1 * np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
    >>> for block in np.split(tone, 100):
    ...     meter.push(block)
    >>> round(meter.momentary_lufs, 1)
    -23.0
    """

    _function = "audio.loudness"

    def __init__(self, sr: float, channels: int = 1) -> None:
        """`sr` from 4,000 to 192,000, at most 16 `channels`."""
        super().__init__(sr, channels)

    @property
    def momentary_lufs(self) -> float | None:
        """Of the last 0.4 s; None before there were as many, and in digital silence."""
        return cast("float | None", self._native.now()["momentary_lufs"])

    @property
    def short_term_lufs(self) -> float | None:
        """Of the last 3 s; None before there were as many, and in digital silence."""
        return cast("float | None", self._native.now()["short_term_lufs"])

    @property
    def integrated_lufs(self) -> float | None:
        """Of all that was pushed."""
        return cast("float | None", self._native.now()["integrated_lufs"])

    def finish(self) -> View:
        """What `loudness` gives for all that was pushed. The meter takes nothing more."""
        return View(self._native.finish()[0])


def onset_strength(
    y: npt.ArrayLike,
    sr: float,
    *,
    hop_length: int = 512,
    lag: int = 1,
    max_size: int = 1,
    aggregate: str | Callable[..., Any] = "mean",
    detrend: bool = False,
) -> npt.NDArray[np.float32]:
    """How much each frame's spectrum rises, in dB, shape ``(frames,)``: librosa's ``onset.onset_strength``.
    `aggregate` is
    ``mean`` or ``median`` (which librosa's ``beat_track(y=...)`` takes), or numpy's function of that name."""
    by = getattr(aggregate, "__name__", "") if callable(aggregate) else aggregate
    settings = {"hop_length": hop_length, "lag": lag, "max_size": max_size, "aggregate": by, "detrend": detrend}
    strength: _Array = array("audio.onset_strength", y, sr, **settings)[0]
    return strength


def beat_track(
    y: npt.ArrayLike | None = None,
    sr: float | None = None,
    *,
    onset_envelope: npt.ArrayLike | None = None,
    hop_length: int = 512,
    start_bpm: float = 120.0,
    tightness: float = 100.0,
    trim: bool = True,
    bpm: float | None = None,
) -> View:
    """Tempo and beats as librosa's ``beat.beat_track(y=y)`` gives them: ``tempo_bpm`` (one of a few steps; None without
    onsets), ``beats_s`` and ``frames``. In place of `y` takes an `onset_envelope`, whose `hop_length` and `sr` it is to
    be told. `rhythm` has no such steps, and says how sure it is."""
    settings: dict[str, Any] = {"start_bpm": start_bpm, "tightness": tightness, "trim": trim, "bpm": bpm}
    y, sr = _onsets(y, sr, onset_envelope, settings)
    return View(plain("audio.beat_track", y, sr, hop_length=hop_length, **settings))


def tempo(
    y: npt.ArrayLike | None = None,
    sr: float | None = None,
    *,
    onset_envelope: npt.ArrayLike | None = None,
    hop_length: int = 512,
    start_bpm: float = 120.0,
    std_bpm: float = 1.0,
    ac_size: float = 8.0,
    max_tempo: float | None = 320.0,
) -> float | None:
    """Beats per minute as librosa's ``feature.tempo(y=y)`` gives it, or ``tempo(onset_envelope=...)``; None without
    onsets (librosa gives 0)."""
    settings: dict[str, Any] = {"start_bpm": start_bpm, "std_bpm": std_bpm, "ac_size": ac_size, "max_tempo": max_tempo}
    y, sr = _onsets(y, sr, onset_envelope, settings)
    found: float | None = plain("audio.tempo", y, sr, hop_length=hop_length, **settings)
    return found


def _onsets(
    y: npt.ArrayLike | None, sr: float | None, envelope: npt.ArrayLike | None, settings: dict[str, Any]
) -> tuple[npt.ArrayLike, float]:
    """What onsets are looked for in: samples, or the envelope, which the settings then say."""
    if (y is None) == (envelope is None):
        raise TypeError("give either y, the samples, or onset_envelope")
    if sr is None:
        raise TypeError("give sr, the rate of the samples; librosa takes 22050 unsaid")
    if y is not None:
        return y, sr
    settings["onset_envelope"] = True
    return cast("npt.ArrayLike", envelope), sr


def rhythm(y: npt.ArrayLike, sr: float) -> View:
    """Tempo from the sound's own rate, with ``tempo_confidence`` and ``tempo_candidates`` (octaves among them),
    ``beats_s``,
    ``beat_strength``, ``rhythm_stability``; all None where nothing is periodic."""
    return View(plain("audio.rhythm", y, sr))


def key(y: npt.ArrayLike, sr: float) -> View | None:
    """Musical key: ``tonic``, ``mode``, ``confidence``; None where there is none to tell (speech, noise, drums)."""
    found = plain("audio.key", y, sr)
    return None if found is None else View(found)


def danceability(y: npt.ArrayLike, sr: float) -> float | None:
    """Regularity of the level over 0.3 to 9 s by detrended fluctuation analysis (Streich & Herrera 2005), in [0,
    10]."""
    found: float | None = plain("audio.danceability", y, sr)
    return found


def speech_music(y: npt.ArrayLike, sr: float) -> View | None:
    """What the sound is made of: shares ``speech``, ``music``, ``speech_over_music`` and ``other``, ``label`` (None
    where it is
    not clear), ``confidence``, ``segments`` and ``reactability``; None without samples."""
    found = plain("audio.speech_music", y, sr)
    return None if found is None else View(found)


def load(
    path: str | os.PathLike[str],
    *,
    sr: float | None = 22050,
    mono: bool = True,
    offset: float = 0.0,
    duration: float | None = None,
    preset: str = "balanced",
) -> tuple[_Array, int]:
    """The samples of a sound or video file and their rate, with librosa's defaults: ``(n,)``, or ``(channels, n)``
    where ``mono=False``. ``sr=None`` keeps the file's rate; `offset` and `duration` are seconds.

    Decoded block by block, channels averaged first and resampled then: an hour takes the memory of the result. A file
    that ends early, by damage or a limit, gives what there is, with a `UserWarning` that says why.

    >>> import wave, viralnow
    >>> with wave.open("silence.wav", "wb") as file:
    ...     file.setparams((1, 2, 48000, 0, "NONE", ""))
    ...     file.writeframes(bytes(2 * 48000))
    >>> y, sr = viralnow.audio.load("silence.wav")
    >>> y.shape, sr
    ((22050,), 22050)
    """
    value, vectors = watched(
        "audio.load",
        None,
        path=os.fspath(path),
        sr=None if sr is None else rate_of(sr),
        mono=mono,
        offset=offset,
        duration=duration,
        preset=preset,
    )
    if value["cut_short"]:
        warnings.warn(f"{os.fspath(path)}: {value['cut_short']}", stacklevel=2)
    samples: _Array = vectors["samples"][0].T
    return (samples[0] if mono else samples), value["sample_rate"]


def resample(
    y: npt.ArrayLike, *, orig_sr: float, target_sr: float, mono: bool = False
) -> npt.NDArray[np.float32]:
    """The same sound at another rate, of the shape of `y`: band-limited and without delay. With `mono` the mean of its
    channels, without the whole of that at the old rate in between."""
    samples: _Array = array("audio.resample", y, orig_sr, target_sr=rate_of(target_sr), mono=mono)
    return samples[0] if mono or _ndim(y) == 1 else samples


def normalize_gain(
    y: npt.ArrayLike,
    sr: float,
    *,
    lufs: float | None = None,
    ceiling_dbtp: float = -1.0,
    peak_dbfs: float | None = None,
) -> tuple[npt.NDArray[np.float32], float | None]:
    """The sound brought to a loudness (as far as the true peak stays below the ceiling) or to a peak by one gain, of
    the shape of `y`, and that gain in dB; None where there is nothing to raise."""
    settings = {"lufs": lufs, "ceiling_dbtp": ceiling_dbtp, "peak_dbfs": peak_dbfs}
    value, vectors = call("audio.normalize_gain", y, sr, settings)
    samples = vectors["samples"][0].T
    return (samples[0] if _ndim(y) == 1 else samples), value["gain_db"]


class Fingerprint(NamedTuple):
    """Landmarks of a sound."""

    base64: str
    """All of it as text, for keeping."""
    duration_s: float
    """Length of the sound, in seconds."""
    landmarks: npt.NDArray[np.float32]
    """Frequency in Hz, and 1 for a strong one: shape ``(landmarks, 2)``."""
    times_s: npt.NDArray[np.float64]
    """Times of the landmarks, in seconds."""


def fingerprint(y: npt.ArrayLike, sr: float) -> Fingerprint:
    """The landmarks by which the same sound is found again under speech, cut, re-encoded and slightly sped up."""
    return _print(*call("audio.fingerprint", y, sr, {}))


def _print(value: Any, vectors: dict[str, Vector]) -> Fingerprint:
    values, times, _ = vectors["landmarks"]
    return Fingerprint(value["base64"], value["duration_s"], values, times)


class Fingerprinter(Stream):
    """The fingerprint of sound that is pushed as it comes.

    >>> import numpy as np, viralnow
    >>> y = np.random.default_rng(1).uniform(-0.5, 0.5, 48000)
    >>> taker = viralnow.audio.Fingerprinter(16000)
    >>> for block in np.split(y, 100):
    ...     taker.push(block)
    >>> taker.finish().base64 == viralnow.audio.fingerprint(y, 16000).base64
    True
    """

    _function = "audio.fingerprint"

    def __init__(self, sr: float, channels: int = 1) -> None:
        """`sr` from 1,000 to 768,000; the mean of the `channels` is taken."""
        super().__init__(sr, channels)

    def finish(self) -> Fingerprint:
        """The fingerprint of all that was pushed. It takes nothing more."""
        return _print(*self._native.finish())


def sound_hash_similarity(a: str, b: str) -> float:
    """How alike two ``trending_sound_hash`` are, in [0, 1]."""
    return float(plain("audio.sound_hash_similarity", [0.0], 48000, a=a, b=b))


class SoundIndex:
    """Sounds by their fingerprints: which of them is heard in a clip, and where.

    >>> import numpy as np, viralnow
    >>> rng = np.random.default_rng(1)
    >>> notes = np.repeat(440 * 2 ** (rng.integers(0, 24, 60) / 12), 2000)
    >>> song = 0.5 * np.sin(2 * np.pi * np.cumsum(notes) / 16000)
    >>> index = viralnow.audio.SoundIndex()
    >>> index.add("song", viralnow.audio.fingerprint(song, 16000))
    >>> found = index.query(viralnow.audio.fingerprint(song[16000:96000], 16000))
    >>> found[0].id, round(found[0].offset_s, 1)
    ('song', 1.0)
    """

    def __init__(self) -> None:
        """An empty index."""
        self._native = _viralnow.SoundIndex()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SoundIndex:
        """Reads what `save` wrote."""
        index = cls.__new__(cls)
        index._native = _viralnow.SoundIndex.load(path)
        return index

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the index to a file."""
        self._native.save(path)

    def add(self, id: str, fingerprint: Fingerprint | str) -> None:
        """Adds a sound, or replaces the one of this name."""
        self._native.add(id, _text(fingerprint))

    def remove(self, id: str) -> bool:
        """Takes a sound out; says whether there was one."""
        return self._native.remove(id)

    def query(self, fingerprint: Fingerprint | str, limit: int = 10) -> list[View]:
        """The sounds that are heard in it, best first: ``id``, ``score`` in [0, 1], ``offset_s`` (where in the
        indexed sound
        the query starts), ``speed_ratio``, ``matched`` and ``expected`` landmarks."""
        return [View(found) for found in self._native.query(_text(fingerprint), limit)]

    def __len__(self) -> int:
        return len(self._native)

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self._native.contains(id)


def _ndim(y: npt.ArrayLike) -> int:
    import numpy as np

    return np.ndim(y)


def _text(fingerprint: Fingerprint | str) -> str:
    return fingerprint if isinstance(fingerprint, str) else fingerprint.base64
