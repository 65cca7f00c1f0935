"""Functions on words, without an asset around them.

>>> import viralnow
>>> viralnow.text.sentences("Dr. Smith paid $3.50. Really?! Yes.")
['Dr. Smith paid $3.50.', 'Really?!', 'Yes.']
"""

from __future__ import annotations

from . import _viralnow
from ._view import View
from .exceptions import InvalidInputError

__all__ = ["hook", "keywords", "language", "readability", "sentences", "sentiment"]


def sentiment(text: str) -> View:
    """VADER sentiment (Hutto & Gilbert 2014) of an English text.

    ``negative``, ``neutral`` and ``positive`` are shares of the words in [0, 1]; ``compound`` is in [-1, 1], commonly
    read as positive from 0.05 on and negative from -0.05 down. Made for a sentence or a post.

    >>> viralnow.text.sentiment("The food was great, but the service was absolutely horrible.").compound
    -0.5632
    """
    return View(_viralnow.sentiment(text))


def readability(text: str, preset: str = "balanced") -> View | None:
    """Readability formulas of an English text: ``flesch_reading_ease``, ``flesch_kincaid_grade``, ``smog_index`` (None
    under 3 sentences), ``automated_readability_index``, ``coleman_liau_index``, ``gunning_fog``; None without words.

    ``preset="reference"`` counts as Python's textstat does.

    >>> viralnow.text.readability("The cat sat on the mat. It was a warm day.").flesch_reading_ease > 100
    True
    """
    formulas = _viralnow.readability(text, preset)
    return None if formulas is None else View(formulas)


def sentences(text: str, language: str | None = None) -> list[str]:
    """The sentences of a text. `language` is an ISO 639-1 code; without one, text in Latin script gets English rules.

    >>> viralnow.text.sentences("你好。你吃了吗？", "zh")
    ['你好。', '你吃了吗？']
    """
    return _viralnow.sentences(text, language)


def keywords(text: str, language: str | None = None, top: int = 10) -> list[View]:
    """Key phrases (YAKE, Campos 2020), best first: ``phrase`` in lower case and ``score``, the lower the more relevant.

    `language` is an ISO 639-1 code, English when absent; empty for a language whose function words are not known.

    >>> viralnow.text.keywords("Compound interest is the quiet engine of wealth.", top=3)[0].phrase
    'compound interest'
    """
    if top < 0:
        raise InvalidInputError(f"top must not be negative, but is {top}")
    return [View(keyword) for keyword in _viralnow.keywords(text, language, top)]


def hook(opening: str) -> View:
    """How much an English opening is written like a hook: ``features`` (sub-features by name) and ``style``, all in
    [0, 1]. It does not predict performance.

    >>> viralnow.text.hook("You won't believe what happened next").features.negation
    1.0
    """
    return View(_viralnow.hook(opening))


def language(text: str) -> tuple[str, float] | None:
    """The language of a text as an ISO 639-1 code, and how sure that is in [0, 1]; None when it is too short or mixed.

    >>> viralnow.text.language("J'ai perdu mon chien hier.")[0]
    'fr'
    """
    return _viralnow.language(text)
