"""ViralNow: short-form posts in, typed features and an explained score out.

One call decodes a video, sound, picture or text once, and gives features by modality (audio, voice, text, vision) and a
score that explains itself::

    import viralnow

    analysis = viralnow.analyze("clip.mp4")
    analysis.audio.loudness.integrated_lufs
    analysis.vectors("audio", "mfcc")              # float32, (frames, 20)
    analysis.score.viral
    viralnow.analyze_many(paths).to_pandas()       # one flat row per asset
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from . import _native as _native
from . import audio, clips, data_access, exceptions, models, score, text, vision, voice
from ._analysis import Analysis
from ._api import analyze, analyze_many, feature_dictionary, info, json_schema
from ._batch import Batch
from ._extract import Extractor
from ._limits import Limits
from ._live import Live
from ._progress import Progress
from ._runtime import offer as _offer_runtime
from ._store import Store
from ._view import View
from ._viralnow import CancelToken, MemoryMonitor, __version__
from .exceptions import ViralNowError

__all__ = [
    "Analysis",
    "Batch",
    "CancelToken",
    "Extractor",
    "Limits",
    "Live",
    "MemoryMonitor",
    "Progress",
    "Store",
    "View",
    "ViralNowError",
    "__version__",
    "analyze",
    "analyze_many",
    "audio",
    "clips",
    "data_access",
    "exceptions",
    "feature_dictionary",
    "info",
    "json_schema",
    "models",
    "monitoring",
    "score",
    "text",
    "vision",
    "voice",
]

_offer_runtime()

if _TYPE_CHECKING:
    from . import monitoring
else:

    def __getattr__(name: str) -> object:
        """Imports `viralnow.monitoring` when it is first asked for: most programs never do."""
        if name == "monitoring":
            import importlib

            return importlib.import_module(".monitoring", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
