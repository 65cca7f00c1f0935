"""Sound as features: functions on samples with librosa's names, defaults and conventions.

Arrays have librosa's shape, features first: ``(20, frames)``. `y` is float in [-1, 1], int16 or int32, of shape ``(n,)`` or
``(channels, n)``, whose channels are averaged where one is wanted; `sr` is its rate, which librosa takes for 22050 when it is
not told and which is asked for here. Frame `k` is centred on sample ``k * hop_length``. The interpreter's lock is released.

>>> import numpy as np, viralnow
>>> y = 0.5 * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
>>> viralnow.audio.mfcc(y, 22050).shape
(20, 44)
>>> round(viralnow.audio.loudness(y, 22050).integrated_lufs, 1)
-9.7
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._call import array, call, plain
from ._view import View

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float32]

__all__ = [
    "chroma_stft",
    "delta",
    "estimate_tuning",
    "loudness",
    "melspectrogram",
    "mfcc",
    "power_to_db",
    "rms",
    "spectral_bandwidth",
    "spectral_centroid",
    "spectral_contrast",
    "spectral_flatness",
    "spectral_rolloff",
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
) -> Array:
    """Energy in mel bands (Slaney's scale and norm), shape ``(n_mels, frames)``: librosa's ``feature.melspectrogram``."""
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
) -> Array:
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
) -> Array:
    """Energy in the pitch classes from C, each frame's largest 1, shape ``(12, frames)``: librosa's ``feature.chroma_stft``.
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
    hop_length: int = 512,
    win_length: int | None = None,
    center: bool = True,
) -> float:
    """How far the pitches lie from A = 440 Hz, as a fraction of a semitone in [-0.5, 0.5): librosa's ``estimate_tuning``."""
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
) -> Array:
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
) -> Array:
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
) -> Array:
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
) -> Array:
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
) -> Array:
    """Peak over valley in octave-wide bands in dB, shape ``(n_bands + 1, frames)``: librosa's ``feature.spectral_contrast``."""
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


def zero_crossing_rate(y: npt.ArrayLike, *, frame_length: int = 2048, hop_length: int = 512, center: bool = True) -> Array:
    """Share of neighbouring samples that differ in sign, in [0, 1], shape ``(1, frames)``: librosa's
    ``feature.zero_crossing_rate``."""
    # The rate changes nothing but the times, which are not given.
    return array("audio.zero_crossing_rate", y, 48000, n_fft=frame_length, hop_length=hop_length, center=center)


def rms(y: npt.ArrayLike, *, frame_length: int = 2048, hop_length: int = 512, center: bool = True) -> Array:
    """Root mean square of each frame, shape ``(1, frames)``: librosa's ``feature.rms``."""
    # The rate changes nothing but the times, which are not given.
    return array("audio.rms", y, 48000, n_fft=frame_length, hop_length=hop_length, center=center)


def delta(data: npt.ArrayLike, *, width: int = 9, order: int = 1) -> Array:
    """The derivative of features of shape ``(features, frames)`` along the frames: librosa's ``feature.delta``."""
    return array("audio.delta", data, 48000, width=width, order=order)


def power_to_db(S: npt.ArrayLike, *, ref: float = 1.0, amin: float = 1e-10, top_db: float | None = 80.0) -> Array:  # noqa: N803
    """Powers of shape ``(features, frames)`` in decibels: librosa's ``power_to_db``."""
    return array("audio.power_to_db", S, 48000, ref=ref, amin=amin, top_db=top_db, clip=top_db is not None)


def loudness(y: npt.ArrayLike, sr: float, *, mode: str = "bs1770") -> View:
    """Loudness after EBU R 128 / ITU-R BS.1770-4: ``integrated_lufs``, ``range_lu``, ``true_peak_dbtp``,
    ``momentary_max_lufs``, ``short_term_max_lufs``; None where undefined. `y` of shape ``(channels, n)`` is measured with the
    channels' weights.

    ``mode="pyloudnorm"`` gives the numbers of pyloudnorm's default filter, which is not that of the standard.
    """
    return View(plain("audio.loudness", y, sr, mode=mode))
