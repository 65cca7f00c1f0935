#!/usr/bin/env python3
"""Trains the model of hook_ab, which of two headlines for one story is clicked more, and prints how often it is right.

usage: train.py UPWORTHY.parquet [OUT.bin]

The table is the Upworthy Research Archive (Matias, Munger, Le Quere & Ebersole, Scientific Data 2021, CC BY 4.0): one row per
package of an A/B test. Two packages with the same picture and other headlines are a pair; a pair is clear where the shares of
clicks differ by more than chance (|z| > 1.96). The accuracy is cross-validated: tests that share a headline are one group,
and no group is both in training and in what is judged.
"""

import pathlib
import sys

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import ngrams  # noqa: E402

OUT = HERE / "../../viralnow-core/data/text/hook_ab.bin"
LEAST, STRENGTH, CLEAR, FOLDS = 5, 0.3, 1.96, 10


def pairs(table):
    """Test, two headlines, and z of the first's share of clicks less the second's."""
    rows = []
    table = table[table.impressions > 0]
    for (test, _), packages in table.groupby(["clickability_test_id", "eyecatcher_id"]):
        pooled = packages.groupby("headline")[["impressions", "clicks"]].sum()
        heads, shown, taken = list(pooled.index), pooled.impressions.to_numpy(float), pooled.clicks.to_numpy(float)
        for i in range(len(heads)):
            for j in range(i):
                share = (taken[i] + taken[j]) / (shown[i] + shown[j])
                spread = np.sqrt(max(share * (1 - share) * (1 / shown[i] + 1 / shown[j]), 1e-18))
                rows.append((test, heads[i], heads[j], (taken[i] / shown[i] - taken[j] / shown[j]) / spread))
    return pd.DataFrame(rows, columns=["test", "a", "b", "z"])


def groups(found):
    """A number per pair: tests that share a headline have the same."""
    parent = {}

    def root(x):
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for test, a, b in zip(found.test, found.a, found.b):
        for headline in (a, b):
            parent[root(("h", headline))] = root(("t", test))
    numbers = {}
    return np.array([numbers.setdefault(root(("t", test)), len(numbers)) for test in found.test])


def fit(x, pair_rows):
    """Weights in 8 bits, and their scale: logistic regression on the difference, without a bias, so that the order of the two
    does not matter."""
    a, b, z = pair_rows
    model = LogisticRegression(C=STRENGTH, solver="liblinear", fit_intercept=False)
    model.fit(x[a] - x[b], z > 0, sample_weight=np.minimum(np.abs(z), 4))
    return ngrams.compact(model.coef_, np.ones(x.shape[1]), x.shape[1])


def main(path, out=OUT):
    found = pairs(pd.read_parquet(path))
    heads = sorted(set(found.a) | set(found.b))
    place = {headline: i for i, headline in enumerate(heads)}
    a, b, z = found.a.map(place).to_numpy(), found.b.map(place).to_numpy(), found.z.to_numpy()
    vocabulary = ngrams.Vocabulary(heads, LEAST)
    binary = vocabulary.matrix(heads)
    idf = ngrams.idf(binary)
    x = ngrams.weighted(binary, idf)
    group = groups(found)
    order = np.random.default_rng(0).permutation(group.max() + 1)
    fold = order[group] % FOLDS
    clear = np.abs(z) > CLEAR
    judged = np.zeros(len(z))
    for k in range(FOLDS):
        train, test = clear & (fold != k), fold == k
        steps, scale = fit(x, (a[train], b[train], z[train]))
        judged[test] = (x[a[test]] - x[b[test]]) @ (steps[0] * scale[0])
    right = (judged > 0) == (z > 0)
    p = 1 / (1 + np.exp(-np.abs(judged)))
    print(f"{len(z)} pairs of {found.test.nunique()} tests, {clear.sum()} clear, {group.max() + 1} groups, {FOLDS} folds")
    print(f"clear pairs: {right[clear].mean():.4f} right, {p[clear].mean():.4f} expected")
    for low, high in ((0.5, 0.55), (0.55, 0.6), (0.6, 0.7), (0.7, 1.0)):
        band = clear & (p >= low) & (p < high)
        print(f"  probability {low} to {high}: {band.sum()} pairs, {right[band].mean():.4f} right")
    print(f"all pairs: {right[z != 0].mean():.4f} right")
    steps, scale = fit(x, (a[clear], b[clear], z[clear]))
    ngrams.write(pathlib.Path(out), vocabulary.prints, idf, steps, scale, [0.0], [0.0])


if __name__ == "__main__":
    main(*sys.argv[1:])
