"""The result of one call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import _viralnow
from ._view import View
from .exceptions import NotFoundError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ._types import Vectors

__all__ = ["Analysis"]

_BUILT_IN = ("audio", "voice", "text", "vision")


class Analysis:
    """The features of one asset: what `analyze` returns.

    Summaries are views whose fields are attributes, and ``None`` where the payload has null::

        analysis.audio.loudness.integrated_lufs
        analysis.vision.shots[0].end_s
        analysis.missing["audio.key"]           # why a field is None

    Frame-level features are arrays, frames first: ``analysis.vectors("audio", "mfcc")``. It can be pickled.
    """

    __slots__ = ("_json", "_vectors", "_view")
    _json: str
    _vectors: Vectors
    _view: View | None

    def __init__(self, payload: str, vectors: Vectors | None = None) -> None:
        """Of a payload's JSON text; analyses are made by `analyze`, not by hand."""
        self._json = payload
        self._vectors = vectors or {}
        self._view = None
        for by_name in self._vectors.values():
            for values, times, _unit in by_name.values():
                # They are shared by all who ask; copy() gives one that can be written to.
                values.flags.writeable = False
                times.flags.writeable = False

    @property
    def payload(self) -> View:
        """The whole payload."""
        if self._view is None:
            self._view = View(json.loads(self._json))
        return self._view

    @property
    def asset_id(self) -> str:
        """The host's id, or the first 32 hexadecimal digits of the content's SHA-256."""
        return str(self.payload["asset_id"])

    @property
    def correlation_id(self) -> str:
        """Ties the analysis to the host's job."""
        return str(self.payload["correlation_id"])

    @property
    def status(self) -> str:
        """``complete``, ``partial`` or ``failed``; `reason` says why it is not complete."""
        return str(self.payload["status"])

    @property
    def reason(self) -> str | None:
        """Why the status is not ``complete``."""
        reason: str | None = self.payload.get("reason")
        return reason

    @property
    def store_error(self) -> View | None:
        """Why the store of the call did not take the features (code, message, context, retryable); None when it did, or
        there was none."""
        failed: View | None = self.payload.get("store_error")
        return failed

    @property
    def media(self) -> View:
        """The facts of the file: kind, duration_s, width, height, video_codec, ..."""
        media: View = self.payload["media"]
        return media

    @property
    def modalities(self) -> View:
        """What became of each modality: status, reason, model_version, times, summary, error."""
        modalities: View = self.payload["modalities"]
        return modalities

    @property
    def audio(self) -> Any:
        """Features of the sound; None when there are none, and then `missing` says why."""
        return self.summary("audio")

    @property
    def voice(self) -> Any:
        """Features of the voice; None when there are none."""
        return self.summary("voice")

    @property
    def text(self) -> Any:
        """Features of the words; None when there are none."""
        return self.summary("text")

    @property
    def vision(self) -> Any:
        """Features of the pictures; None when there are none."""
        return self.summary("vision")

    @property
    def score(self) -> Any:
        """The content score: viral in [0, 100], contributions that sum to it, calibrated, interval; None without
        anything to score."""
        return self.payload["score"]

    def summary(self, modality: str) -> Any:
        """The summary of a modality, a host's own included; None when there is none."""
        if modality not in self.modalities:
            names = ", ".join(self.modalities)
            raise NotFoundError(f"no such modality: {modality!r}; there are {names}", {"modality": modality})
        return self.modalities[modality]["summary"]

    @property
    def missing(self) -> dict[str, str]:
        """Why something is None, modalities and fields of summaries: ``{"vision": "...", "audio.key": "..."}``."""
        reasons: dict[str, str] = {}
        for name, result in self.modalities.items():
            summary = result["summary"]
            if summary is None:
                error = result.get("error")
                reasons[name] = result.get("reason") or (error and error["message"]) or result["status"]
            elif name in _BUILT_IN:
                reasons |= {f"{name}.{field}": reason for field, reason in summary["missing"].items()}
        return reasons

    def vectors(self, modality: str, name: str) -> npt.NDArray[np.float32]:
        """Frame-level features, frames first: ``vectors("audio", "mfcc")`` has shape ``(frames, 20)``.

        Read-only, and not a copy; NaN marks an undefined value. An analysis that was read back from a store has none.
        """
        return self._vector(modality, name)[0]

    def vector_times(self, modality: str, name: str) -> npt.NDArray[np.float64]:
        """Presentation time of the centre of each frame of `vectors`, in seconds."""
        return self._vector(modality, name)[1]

    def vector_unit(self, modality: str, name: str) -> str:
        """Unit of the values of `vectors`, such as ``Hz``, ``dB`` or ``1``."""
        return self._vector(modality, name)[2]

    @property
    def vector_names(self) -> dict[str, list[str]]:
        """The frame-level features that there are: modality to names."""
        return {modality: list(names) for modality, names in self._vectors.items()}

    def _vector(self, modality: str, name: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64], str]:
        try:
            return self._vectors[modality][name]
        except KeyError:
            there = " ".join(f"{m}/{n}" for m, names in self._vectors.items() for n in names) or "none"
            raise NotFoundError(
                f"no frame-level feature {name!r} of {modality!r} in this analysis; there are {there}",
                {"modality": modality, "name": name},
            ) from None

    def to_dict(self) -> dict[str, Any]:
        """The payload as plain dicts and lists, a copy of your own."""
        payload: dict[str, Any] = json.loads(self._json)
        return payload

    def to_json(self, indent: int | None = None) -> str:
        """The payload as JSON text; without `indent`, byte for byte what every other language gives."""
        if indent is None:
            return self._json
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def report(self, columns: int = 80) -> str:
        """A readable report for a terminal of so many columns."""
        return _viralnow.report_text(self._json, columns)

    def timeline(self) -> str | None:
        """What happens when, as an SVG document: shots, motion, faces, text, sound, speakers and level, each where
        there is something to show. None where the asset has no length in time.

        An analysis read from a store has no level.

        In a notebook: ``IPython.display.SVG(analysis.timeline())``."""
        return _viralnow.report_timeline(self._json, self._vectors.get("audio", {}).get("rms"))

    def _repr_html_(self) -> str:
        return _viralnow.report_html(self._json, self._vectors.get("audio", {}).get("rms"))

    def __repr__(self) -> str:
        kind, duration = self.media["kind"], self.media["duration_s"]
        length = "" if duration is None else f" of {duration:.1f} s"
        there = [name for name, result in self.modalities.items() if result["summary"] is not None]
        score = "no score" if self.score is None else f"score {self.score['viral']:.1f}"
        reason = "" if self.reason is None else f" ({self.reason})"
        return (
            f"<viralnow.Analysis {self.asset_id}: {kind}{length}, {self.status}{reason}, "
            f"{' '.join(there) or 'no modality'}, {score}>"
        )

    def __eq__(self, other: object) -> bool:
        """Equal payloads; frame-level features are not compared."""
        return self._json == other._json if isinstance(other, Analysis) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._json)

    def __reduce__(self) -> tuple[type[Analysis], tuple[str, Vectors]]:
        return (Analysis, (self._json, self._vectors))
