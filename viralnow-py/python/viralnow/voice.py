"""Voice as features: functions on samples, as in `viralnow.audio`.

>>> import numpy as np, viralnow
>>> viralnow.voice.activity(np.zeros(16000), 16000).speech
()
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, cast

from ._call import Stream, call, plain
from ._view import View

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "ActivityScores",
    "ActivityStream",
    "EgemapsContours",
    "Formants",
    "Harmonicity",
    "Intensity",
    "Pitch",
    "Pyin",
    "activity",
    "activity_scores",
    "diarize",
    "egemaps",
    "egemaps_lld",
    "formants",
    "harmonicity",
    "intensity",
    "perturbation",
    "pitch",
    "pyin",
    "syllables",
]


class Pitch(NamedTuple):
    """The fundamental frequency over time, one value for each frame."""

    f0_hz: npt.NDArray[np.float32]
    """In Hz, shape ``(frames,)``; NaN where unvoiced."""
    voiced: npt.NDArray[np.bool_]
    """Whether the frame is voiced, shape ``(frames,)``."""
    times_s: npt.NDArray[np.float64]
    """Centres of the frames, in seconds."""
    voiced_prob: npt.NDArray[np.float32] | None
    """Probability that the frame is voiced, in [0, 1]; ``method="pyin"`` alone gives it."""


def pitch(
    y: npt.ArrayLike,
    sr: float,
    *,
    method: str = "autocorrelation",
    preset: str = "balanced",
    floor_hz: float | None = None,
    ceiling_hz: float | None = None,
    step_s: float | None = None,
    most_candidates: int | None = None,
    voicing_threshold: float | None = None,
    silence_threshold: float | None = None,
    octave_cost: float | None = None,
    octave_jump_cost: float | None = None,
    voiced_unvoiced_cost: float | None = None,
) -> Pitch:
    """The fundamental frequency.

    `method` is ``autocorrelation`` (Boersma 1993, as Praat's "To Pitch (ac)"), ``cross_correlation`` ("To Pitch (cc)")
    or ``pyin`` (as librosa's; its own settings are those of the function `pyin`). The range is 75 to 600 Hz, for
    ``pyin`` 65.4 to 2093 Hz; steps are 0.75 / `floor_hz` s, 0.25 / `floor_hz` s for ``cross_correlation`` and 512
    samples for ``pyin``. ``preset="reference"`` places the frames as Praat does; otherwise the first window begins with
    the sound. The settings from `most_candidates` on, with Praat's defaults, are of the two methods of correlation.

    >>> import numpy as np, viralnow
    >>> t = np.arange(16000) / 16000
    >>> y = sum(np.sin(2 * np.pi * 150 * h * t) for h in range(1, 9)) / 16
    >>> found = viralnow.voice.pitch(y, 16000)
    >>> bool(found.voiced.all()), round(float(found.f0_hz[40]), 1)
    (True, 150.0)
    """
    settings = {
        "method": method,
        "preset": preset,
        "floor_hz": floor_hz,
        "ceiling_hz": ceiling_hz,
        "step_s": step_s,
        "most_candidates": most_candidates,
        "voicing_threshold": voicing_threshold,
        "silence_threshold": silence_threshold,
        "octave_cost": octave_cost,
        "octave_jump_cost": octave_jump_cost,
        "voiced_unvoiced_cost": voiced_unvoiced_cost,
    }
    _, vectors = call("voice.pitch", y, sr, settings)
    f0, times, _unit = vectors["f0_hz"]
    prob = vectors.get("voiced_prob")
    return Pitch(f0[:, 0], vectors["voiced"][0][:, 0] > 0, times, None if prob is None else prob[0][:, 0])


class Pyin(NamedTuple):
    """What librosa's `pyin` gives, in its order; one value for each frame."""

    f0: npt.NDArray[np.float32]
    """Fundamental frequency in Hz, shape ``(frames,)``; NaN where unvoiced."""
    voiced_flag: npt.NDArray[np.bool_]
    """Whether the frame is voiced, shape ``(frames,)``."""
    voiced_probs: npt.NDArray[np.float32]
    """Probability that the frame is voiced, in [0, 1], shape ``(frames,)``."""


def pyin(
    y: npt.ArrayLike,
    sr: float,
    *,
    fmin: float = 65.40639132514966,
    fmax: float = 2093.004522404789,
    frame_length: int = 2048,
    hop_length: int | None = None,
    n_thresholds: int = 100,
    beta_parameters: tuple[float, float] = (2.0, 18.0),
    boltzmann_parameter: float = 2.0,
    resolution: float = 0.1,
    max_transition_rate: float = 35.92,
    switch_prob: float = 0.01,
    no_trough_prob: float = 0.01,
    center: bool = True,
) -> Pyin:
    """The fundamental frequency by probabilistic YIN (Mauch & Dixon 2014): librosa's ``pyin``, with its names, defaults
    and frames; `fmin` and `fmax` are C2 and C7 where they are not told. Frame `k` is centred on sample
    ``k * hop_length``.

    >>> import numpy as np, viralnow
    >>> y = 0.5 * np.sin(2 * np.pi * 220 * np.arange(22050) / 22050)
    >>> f0, voiced_flag, voiced_probs = viralnow.voice.pyin(y, 22050)
    >>> round(float(f0[20])), bool(voiced_flag[20])
    (220, True)
    """
    settings = {
        "fmin": fmin,
        "fmax": fmax,
        "frame_length": frame_length,
        "hop_length": hop_length,
        "n_thresholds": n_thresholds,
        "beta_parameters": beta_parameters,
        "boltzmann_parameter": boltzmann_parameter,
        "resolution": resolution,
        "max_transition_rate": max_transition_rate,
        "switch_prob": switch_prob,
        "no_trough_prob": no_trough_prob,
        "center": center,
    }
    _, vectors = call("voice.pyin", y, sr, settings)
    return Pyin(vectors["f0_hz"][0][:, 0], vectors["voiced"][0][:, 0] > 0, vectors["voiced_prob"][0][:, 0])


class Intensity(NamedTuple):
    """Level over time."""

    db: npt.NDArray[np.float32]
    """In dB relative to full scale, shape ``(frames,)``; NaN in digital silence."""
    times_s: npt.NDArray[np.float64]
    """Centres of the frames, in seconds."""


def intensity(
    y: npt.ArrayLike,
    sr: float,
    *,
    floor_hz: float = 100.0,
    step_s: float | None = None,
    subtract_mean: bool = True,
    preset: str = "balanced",
) -> Intensity:
    """The level as Praat's "To Intensity" has it, but relative to full scale: Praat's values are 93.98 dB higher. Every
    0.8 / `floor_hz` s where `step_s` is not told. ``preset="reference"`` places the frames as Praat does.

    >>> import numpy as np, viralnow
    >>> y = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    >>> round(float(viralnow.voice.intensity(y, 16000).db[50]), 1)
    -9.0
    """
    settings = {"floor_hz": floor_hz, "step_s": step_s, "subtract_mean": subtract_mean, "preset": preset}
    _, vectors = call("voice.intensity", y, sr, settings)
    values, times, _unit = vectors["intensity_db"]
    return Intensity(values[:, 0], times)


class Harmonicity(NamedTuple):
    """The harmonics-to-noise ratio over time."""

    db: npt.NDArray[np.float32]
    """In dB, shape ``(frames,)``: 0 is as much noise as harmonics, 20 is 1 % noise; NaN in silence and where nothing
    repeats."""
    times_s: npt.NDArray[np.float64]
    """Centres of the frames, in seconds."""


def harmonicity(
    y: npt.ArrayLike,
    sr: float,
    *,
    step_s: float = 0.01,
    floor_hz: float = 75.0,
    silence_threshold: float = 0.1,
    preset: str = "balanced",
) -> Harmonicity:
    """The harmonics-to-noise ratio as Praat's "To Harmonicity (cc)" has it. ``preset="reference"`` places the frames as
    Praat does.

    >>> import numpy as np, viralnow
    >>> tone = np.sin(2 * np.pi * 200 * np.arange(16000) / 16000)
    >>> noise = 0.0707 * np.random.default_rng(0).standard_normal(16000)
    >>> round(float(np.mean(viralnow.voice.harmonicity(tone + noise, 16000).db)))
    20
    """
    settings = {"step_s": step_s, "floor_hz": floor_hz, "silence_threshold": silence_threshold, "preset": preset}
    _, vectors = call("voice.harmonicity", y, sr, settings)
    values, times, _unit = vectors["hnr_db"]
    return Harmonicity(values[:, 0], times)


def perturbation(
    y: npt.ArrayLike,
    sr: float,
    *,
    method: str = "cross_correlation",
    floor_hz: float | None = None,
    ceiling_hz: float | None = None,
    shortest_period_s: float = 1e-4,
    longest_period_s: float = 0.02,
    max_period_factor: float = 1.3,
    max_amplitude_factor: float = 1.6,
) -> View:
    """Jitter and shimmer with Praat's definitions: ``pulses_s``, the moments of the cycles in seconds; ``jitter``
    (``local``, ``local_absolute_s``, ``rap``, ``ppq5``, ``ddp``) and ``shimmer`` (``local``, ``local_db``, ``apq3``,
    ``apq5``, ``apq11``, ``dda``), ratios of which 0.01 is 1 %, or None where too few cycles stand next to each other.
    Meant for a sustained vowel: in running speech intonation adds to them. `method`, `floor_hz` and `ceiling_hz` are
    those of `pitch`.

    >>> import numpy as np, viralnow
    >>> t = np.arange(16000) / 16000
    >>> y = sum(np.sin(2 * np.pi * 150 * h * t) for h in range(1, 9)) / 16
    >>> found = viralnow.voice.perturbation(y, 16000)
    >>> found.jitter.local < 0.001 and found.shimmer.local < 0.01 and 140 < len(found.pulses_s) < 155
    True
    """
    return View(
        plain(
            "voice.perturbation",
            y,
            sr,
            method=method,
            floor_hz=floor_hz,
            ceiling_hz=ceiling_hz,
            shortest_period_s=shortest_period_s,
            longest_period_s=longest_period_s,
            max_period_factor=max_period_factor,
            max_amplitude_factor=max_amplitude_factor,
        )
    )


def syllables(y: npt.ArrayLike, sr: float, *, min_dip_db: float = 2.0, range_db: float = 25.0) -> View:
    """Syllables and the rate of speech without a transcript (de Jong & Wempe 2009): ``nuclei_s``, the moment of each in
    seconds, ``speaking_rate`` (per second from the first speech to the last, pauses included) and ``articulation_rate``
    (pauses left out), None without speech. An estimate: slurred and fast speech has fewer nuclei than syllables."""
    return View(plain("voice.syllables", y, sr, min_dip_db=min_dip_db, range_db=range_db))


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


class ActivityStream(Stream):
    """Voice activity of sound that is pushed as it comes.

    >>> import numpy as np, viralnow
    >>> stream = viralnow.voice.ActivityStream(48000, detector="embedded")
    >>> for _ in range(200):
    ...     stream.push(np.zeros(480))
    >>> stream.score < 0.5, stream.finish().speech
    (True, ())
    """

    _function = "voice.activity"

    def __init__(self, sr: float, channels: int = 1, *, detector: str = "auto") -> None:
        """`sr` from 1,000 to 768,000; the mean of the `channels` is taken. `detector` as in `activity`."""
        super().__init__(sr, channels, detector=detector)

    @property
    def score(self) -> float | None:
        """How much the sound of about one second ago is like speech, in [0, 1], as in `activity_scores`; None before
        there was as much."""
        return cast("float | None", self._native.now()["score"])

    def finish(self) -> View:
        """What `activity` gives for all that was pushed. It takes nothing more."""
        return View(self._native.finish()[0])


class ActivityScores(NamedTuple):
    """How much each moment sounds like speech."""

    scores: npt.NDArray[np.float32]
    """In [0, 1], one every 16 ms, shape ``(frames,)``."""
    times_s: npt.NDArray[np.float64]
    """Centres of the frames, in seconds."""


def activity_scores(y: npt.ArrayLike, sr: float) -> ActivityScores:
    """The embedded network's scores. Its makers take 0.5 and more for speech; music may score high too, which
    `activity` smooths and judges."""
    _, vectors = call("voice.activity_scores", y, sr, {})
    scores, times, _unit = vectors["activity_scores"]
    return ActivityScores(scores[:, 0], times)


def diarize(
    y: npt.ArrayLike,
    sr: float,
    *,
    min_speakers: int = 1,
    max_speakers: int = 8,
    segmentation: str | os.PathLike[str] | None = None,
    embedding: str | os.PathLike[str] | None = None,
    encoding: str = "powerset",
    window: int = 160_000,
    shortest: int = 6_400,
    same: float = 0.3,
    threads: int = 1,
) -> View:
    """Who speaks when: ``turns`` (start_s, end_s, speaker) and ``speakers`` (label, total_s, dominance, prosody).

    Without a model file, far rooms and more than four people are often told apart wrongly. `segmentation` and
    `embedding`, paths of two ONNX files, do it by models of the pyannote kind (waveforms ``[1, 1, samples]`` at 16 kHz
    in): windows of so many samples with classes in this `encoding` (``powerset`` or ``multilabel``), vectors of at
    least `shortest` samples, which may be one speaker's where their cosine is at least `same`. The defaults are those
    of pyannote 3.1; speakers have no prosody then."""
    models = {"segmentation": segmentation, "embedding": embedding}
    paths = {name: None if path is None else os.fspath(path) for name, path in models.items()}
    found = plain(
        "voice.diarize",
        y,
        sr,
        min_speakers=min_speakers,
        max_speakers=max_speakers,
        encoding=encoding,
        window=window,
        shortest=shortest,
        same=same,
        threads=threads,
        **paths,
    )
    return View(found)


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
