#!/usr/bin/env python3
"""Trains the emotion model that is embedded in the library, and prints its F1 on a split that it has not seen.

usage: train.py TRAIN.tsv TEST.tsv [OUT.bin]

The files are those of GoEmotions (Demszky et al., ACL 2020, CC BY 4.0): text, numbers of the labels, id. The first is used for
everything: the weights, and, by cross-validation, the thresholds. The second is looked at once, at the end.
"""

import pathlib
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import ngrams  # noqa: E402

OUT = HERE / "../../viralnow-core/data/text/emotions.bin"
LABELS = (
    "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment disapproval disgust "
    "embarrassment excitement fear gratitude grief joy love nervousness optimism pride realization relief remorse sadness "
    "surprise neutral"
).split()
LEAST, GRAMS, ENTRIES, STRENGTH, FOLDS = 3, 15_000, 104_000, 4.0, 4


def load(path):
    """Texts without the masks that stand for names, which no other text has, and their labels."""
    texts, labels = [], []
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        text, numbers, *_ = line.split("\t")
        texts.append(text.replace("[NAME]", " ").replace("[RELIGION]", " "))
        row = np.zeros(len(LABELS), bool)
        row[[int(number) for number in numbers.split(",")]] = True
        labels.append(row)
    return texts, np.array(labels)


def choose(binary, labels):
    """The n-grams that are most unevenly spread over some label."""
    count = np.asarray(binary.sum(axis=0)).ravel()
    share = labels.mean(axis=0)
    expected = np.outer(count, share)
    surprise = np.abs(binary.T @ labels.astype(float) - expected) / np.sqrt(np.maximum(expected * (1 - share), 1e-9))
    return np.sort(np.argsort(-surprise.max(axis=1), kind="stable")[:GRAMS])


def fit(binary, labels):
    """Which n-grams, their idf, their weights in 8 bits, the scale and the bias."""
    columns = choose(binary, labels)
    chosen = binary[:, columns]
    idf = ngrams.idf(chosen)
    x = ngrams.weighted(chosen, idf)
    weights, bias = [], []
    for label in labels.T:
        model = LogisticRegression(C=STRENGTH, solver="liblinear", tol=1e-3).fit(x, label)
        weights.append(model.coef_[0])
        bias.append(model.intercept_[0])
    importance = np.sqrt(np.asarray(chosen.sum(axis=0)).ravel())
    steps, scale = ngrams.compact(np.array(weights), importance, ENTRIES)
    return columns, idf, steps, scale, np.array(bias)


def scores(binary, model):
    columns, idf, steps, scale, bias = model
    x = ngrams.weighted(binary[:, columns], idf)
    return 1 / (1 + np.exp(-(x @ (steps * scale[:, None]).T + bias)))


def f1(found, labels):
    """Per label, their mean (macro), and over all decisions together (micro)."""
    hits, found, there = (found & labels).sum(axis=0), found.sum(axis=0), labels.sum(axis=0)
    each = 2 * hits / np.maximum(found + there, 1)
    return each, each.mean(), 2 * hits.sum() / (found.sum() + there.sum())


def tune(p, labels):
    """Thresholds that make macro and micro F1 together the largest: one label after the other, until nothing moves."""
    order = np.argsort(-p, axis=0)
    sorted_p = np.take_along_axis(p, order, axis=0)
    hits = np.take_along_axis(labels, order, axis=0).cumsum(axis=0)
    found = np.arange(1, len(p) + 1)[:, None]
    there = labels.sum(axis=0)
    each = 2 * hits / (found + there)
    cut = each.argmax(axis=0)
    number = len(LABELS)
    for _ in range(20):
        before = cut.copy()
        for j in range(number):
            others = [k for k in range(number) if k != j]
            all_hits = sum(hits[cut[k], k] for k in others) + hits[:, j]
            all_found = sum(cut[k] + 1 for k in others) + found[:, 0]
            cut[j] = (each[:, j] / number + 2 * all_hits / (all_found + there.sum())).argmax()
        if (cut == before).all():
            break
    columns = np.arange(number)
    below = np.minimum(cut + 1, len(p) - 1)
    return (sorted_p[cut, columns] + sorted_p[below, columns]) / 2


def main(train, test, out=OUT):
    texts, labels = load(train)
    vocabulary = ngrams.Vocabulary(texts, LEAST)
    binary = vocabulary.matrix(texts)
    print(f"{len(texts)} texts, {binary.shape[1]} n-grams", flush=True)
    p = np.zeros(labels.shape)
    fold = np.random.default_rng(0).integers(FOLDS, size=len(texts))
    for k in range(FOLDS):
        p[fold == k] = scores(binary[fold == k], fit(binary[fold != k], labels[fold != k]))
    thresholds = tune(p, labels)
    _, macro, micro = f1(p >= thresholds, labels)
    print(f"cross-validated: macro-F1 {macro:.4f}, micro-F1 {micro:.4f}", flush=True)
    model = fit(binary, labels)
    columns, idf, steps, scale, bias = model
    ngrams.write(pathlib.Path(out), vocabulary.prints[columns], idf, steps, scale, bias, thresholds)
    texts, labels = load(test)
    binary = vocabulary.matrix(texts)
    # The library says nothing of a text of which it knows no word.
    known = np.asarray(binary[:, columns].sum(axis=1)) > 0
    found = (scores(binary, model) >= thresholds) & known
    each, macro, micro = f1(found, labels)
    print(f"{len(texts)} texts that took no part: macro-F1 {macro:.4f}, micro-F1 {micro:.4f}\n\n| label | texts | F1 |\n|---|---|---|")
    for label, count, value in zip(LABELS, labels.sum(axis=0), each):
        print(f"| {label} | {count} | {value:.3f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
