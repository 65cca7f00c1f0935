"""Voice as features: functions on samples, as in `viralnow.audio`.

>>> import numpy as np, viralnow
>>> viralnow.voice.activity(np.zeros(16000), 16000).speech
()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ._call import call, plain
from ._view import View

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["EgemapsContours", "Formants", "activity", "diarize", "egemaps", "egemaps_lld", "formants"]


class Formants(NamedTuple):
    """Resonances of the vocal tract."""

    frequencies_hz: npt.NDArray[np.float32]
    """Frequencies in Hz, the lowest first, shape ``(max_formants, frames)``; NaN where a frame has fewer."""
    bandwidths_hz: npt.NDArray[np.float32]
    """Bandwidths in Hz, of the same shape."""
    times_s: npt.NDArray[np.float64]
    """Times of the frames, in seconds."""


def formants(
    y: npt.ArrayLike,
    sr: float,
    *,
    max_formants: int = 5,
    ceiling_hz: float = 5500.0,
    window_s: float = 0.025,
    pre_emphasis_hz: float = 50.0,
    step_s: float | None = None,
    preset: str = "balanced",
) -> Formants:
    """Formants by Burg's linear prediction, as Praat defines "To Formant (burg)"; of every frame, voiced or not.
    ``preset="reference"`` places the frames as Praat does."""
    settings = {
        "max_formants": max_formants,
        "ceiling_hz": ceiling_hz,
        "window_s": window_s,
        "pre_emphasis_hz": pre_emphasis_hz,
        "step_s": step_s,
        "preset": preset,
    }
    _, vectors = call("voice.formants", y, sr, settings)
    frequencies, times, _unit = vectors["frequencies_hz"]
    return Formants(frequencies.T, vectors["bandwidths_hz"][0].T, times)


def activity(y: npt.ArrayLike, sr: float, *, detector: str = "auto") -> View:
    """Where speech is: ``speech``, stretches with ``start_s`` and ``end_s``, and ``source``, the detector that found
    them.
    `detector` is ``embedded``, ``silero`` (which needs its model file and ONNX Runtime) or ``auto``."""
    return View(plain("voice.activity", y, sr, detector=detector))


def diarize(y: npt.ArrayLike, sr: float, *, min_speakers: int = 1, max_speakers: int = 8) -> View:
    """Who speaks when, without a model file: ``turns`` (start_s, end_s, speaker) and ``speakers`` (label, total_s,
    dominance,
    prosody). Far rooms and more than four people are often told apart wrongly."""
    return View(plain("voice.diarize", y, sr, min_speakers=min_speakers, max_speakers=max_speakers))


class EgemapsContours(NamedTuple):
    """The contours that eGeMAPS sums up."""

    values: npt.NDArray[np.float32]
    """Shape ``(25, frames)``; what belongs to the voice is NaN where it is undefined."""
    names: tuple[str, ...]
    """Names of the 25 rows, which are openSMILE's."""
    times_s: npt.NDArray[np.float64]
    """Times of the frames, in seconds."""


def egemaps(y: npt.ArrayLike, sr: float) -> View:
    """The 88 functionals of eGeMAPSv02 (Eyben et al. 2016) as openSMILE has them: ``functionals`` in published order
    and under its names, and ``missing``, names to the reason why there is no value."""
    found = plain("voice.egemaps", y, sr)
    values = found["functionals"]
    ordered = {name: values[name] for name in found["names"] if name in values}
    return View({"functionals": ordered, "missing": found["missing"]})


def egemaps_lld(y: npt.ArrayLike, sr: float) -> EgemapsContours:
    """The 25 contours that `egemaps` sums up, every 10 ms, smoothed over three frames as openSMILE does."""
    found, vectors = call("voice.egemaps_lld", y, sr, {})
    values, times, _unit = vectors["contours"]
    return EgemapsContours(values.T, tuple(found["names"]), times)
