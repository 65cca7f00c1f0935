"""Functions on words: against the numbers of the Python peers (VADER, pySBD) and definitions."""

from __future__ import annotations

import pytest

import viralnow
from viralnow import exceptions, text


def test_sentiment_is_vaders() -> None:
    # vaderSentiment 3.3.2, from its own README.
    for words, compound in (
        ("VADER is smart, handsome, and funny.", 0.8316),
        ("VADER is VERY SMART, handsome, and FUNNY!!!", 0.9342),
        ("The book was only kind of good.", 0.3832),
        ("Today SUX!", -0.5461),
        ("Make sure you :) or :D today!", 0.8633),
        ("Not bad at all", 0.431),
    ):
        assert text.sentiment(words).compound == pytest.approx(compound, abs=1e-4)
    assert set(text.sentiment("")) == {"negative", "neutral", "positive", "compound"}


def test_readability_by_its_formula() -> None:
    # 11 words, 2 sentences, 11 syllables, 34 letters.
    formulas = text.readability("The cat sat on the mat. It was a warm day.")
    assert formulas is not None
    assert formulas.flesch_reading_ease == pytest.approx(206.835 - 1.015 * 5.5 - 84.6, abs=0.01)
    assert formulas.flesch_kincaid_grade == pytest.approx(0.39 * 5.5 + 11.8 - 15.59, abs=0.01)
    assert formulas.smog_index is None
    assert text.readability("?!") is None
    with pytest.raises(exceptions.InvalidConfigError):
        text.readability("Words.", preset="turbo")


def test_sentences_keywords_language_hook() -> None:
    assert text.sentences("") == []
    assert text.sentences("One. Two! Three?") == ["One.", "Two!", "Three?"]
    assert text.keywords("") == []
    assert len(text.keywords("Compound interest is the quiet engine of wealth.", "en", 2)) == 2
    with pytest.raises(exceptions.InvalidInputError):
        text.keywords("Words.", top=-1)
    found = text.language("Every morning the baker opens the shop before sunrise.")
    assert found is not None
    assert found[0] == "en"
    assert 0 <= found[1] <= 1
    assert text.language("") is None
    question = text.hook("Did you know this?")
    assert question.text == "Did you know this?"
    assert 0 <= question.style <= 1


def test_they_are_what_analyze_gives() -> None:
    words = "Did you know 90% of people brush their teeth wrong? Here is why."
    summary = viralnow.analyze(text=words, language="en").text
    assert summary.sentiment == text.sentiment(words)
    assert list(summary.sentences) == text.sentences(words, "en")


@pytest.mark.parametrize(
    "name", ["emotions", "sentiment", "readability", "sentences", "keywords", "hook", "language", "normalise"]
)
def test_a_list_gives_a_list(name: str) -> None:
    function = getattr(text, name)
    texts = ["I love it!", "", "Dr. Smith paid. Really?! #MomLife", "x" * 30_000]
    assert function(texts) == [function(one) for one in texts]
    assert function(iter(texts[:1])) == [function(texts[0])]
    assert function([]) == []
    with pytest.raises(TypeError):
        function(["a", 5])


def test_two_headlines() -> None:
    first, second = "Watch what this girl does next", "A report on municipal budgets"
    found = text.hook_ab(first, second)
    assert found.better == "first"
    assert text.hook_ab([first], [second]) == [found]
    with pytest.raises(exceptions.InvalidInputError):
        text.hook_ab([first], [])
    with pytest.raises(TypeError):
        text.hook_ab(first, [second])  # type: ignore[call-overload]


ON_A_TEXT = [getattr(text, name) for name in text.__all__ if name not in ("hook_ab", "transcribe")]


@pytest.mark.parametrize("function", ON_A_TEXT)
def test_only_text(function: object) -> None:
    with pytest.raises(TypeError):
        function(b"bytes")  # type: ignore[operator]
    # A lone surrogate is no Unicode text.
    with pytest.raises(UnicodeEncodeError):
        function("\ud800")  # type: ignore[operator]
