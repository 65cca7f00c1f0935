"""N-grams of words as the library takes them (viralnow-core/src/text/ngrams.rs), and the file of a linear model on them."""

import re
import struct

import numpy as np
from scipy import sparse

TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[!?]+|[\u2600-\u27bf\U0001f300-\U0001faff]")
# What the largest idf is stored as; no table has more than e^11 texts.
IDF_STEP = 12 / 255


def tokens(text):
    """Words in lower case, runs of ! and ? as one of five marks, emoji; a mark for the start."""
    found = ["^"]
    for token in TOKEN.findall(text.lower().replace("’", "'")):
        if token[0] in "!?":
            kinds = sorted(set(token))
            token = "!?" if len(kinds) == 2 else token[:2]
        found.append(token)
    return found


def fingerprint(gram):
    """FNV-1a of 64 bits, folded to 32."""
    value = 0xCBF29CE484222325
    for byte in gram.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return (value ^ (value >> 32)) & 0xFFFFFFFF


class Vocabulary:
    """Fingerprints of words and pairs of words that are in at least `least` texts."""

    def __init__(self, texts, least):
        self.ids, self.rows, seen = {}, [], {}
        counts = {}
        grams = []
        for text in texts:
            own = {seen.setdefault(gram, len(seen)) for gram in self.grams(text)}
            grams.append(own)
            for gram in own:
                counts[gram] = counts.get(gram, 0) + 1
        kept = {gram for gram, count in counts.items() if count >= least}
        names = [gram for gram in seen if seen[gram] in kept]
        self.names = names
        self.ids = {name: i for i, name in enumerate(names)}
        self.prints = np.array([fingerprint(name) for name in names], dtype=np.uint32)

    @staticmethod
    def grams(text):
        words = tokens(text)
        return words[1:] + [f"{a} {b}" for a, b in zip(words, words[1:])]

    def matrix(self, texts):
        """1 where a text has the n-gram."""
        columns, starts = [], [0]
        for text in texts:
            columns.extend(sorted({self.ids[g] for g in self.grams(text) if g in self.ids}))
            starts.append(len(columns))
        shape = (len(texts), len(self.ids))
        return sparse.csr_matrix((np.ones(len(columns)), columns, starts), shape=shape)


def idf(binary):
    """As it is stored: in steps."""
    count = np.asarray(binary.sum(axis=0)).ravel()
    exact = np.log((1 + binary.shape[0]) / (1 + count)) + 1
    return np.clip(np.round(exact / IDF_STEP), 1, 255) * IDF_STEP


def weighted(binary, weights):
    """Each n-gram its idf, each text of length 1."""
    values = binary @ sparse.diags(weights)
    length = np.sqrt(np.asarray(values.multiply(values).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(length, 1e-12)) @ values)


def compact(weights, importance, entries):
    """Weights (outputs x n-grams) of which the `entries` most important are left, in 8 bits with a scale per output."""
    rank = np.abs(weights) * importance
    if rank.size > entries:
        weights = np.where(rank >= np.partition(rank.ravel(), -entries)[-entries], weights, 0)
    scale = np.maximum(np.abs(weights).max(axis=1), 1e-9) / 127
    return np.round(weights / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def write(path, prints, idf_values, steps, scale, bias, thresholds):
    """Magic, outputs, n-grams; bias, scale, threshold per output; then by rising fingerprint: fingerprints, idf, the number
    of weights, and the weights as (output, weight)."""
    used = np.abs(steps).sum(axis=0) > 0
    # One that is not used still takes part in a text's length.
    order = np.argsort(prints, kind="stable")
    assert len(np.unique(prints)) == len(prints), "two n-grams with one fingerprint"
    data = struct.pack("<4sII", b"VNG1", len(scale), len(prints))
    data += b"".join(np.asarray(part, dtype="<f4").tobytes() for part in (bias, scale, thresholds))
    data += prints[order].astype("<u4").tobytes()
    data += np.round(idf_values[order] / IDF_STEP).astype(np.uint8).tobytes()
    counts, entries = [], []
    for column in order:
        outputs = np.flatnonzero(steps[:, column])
        counts.append(len(outputs))
        for output in outputs:
            entries.append(struct.pack("<Bb", output, steps[output, column]))
    data += bytes(counts) + b"".join(entries)
    path.write_bytes(data)
    print(f"{path.name}: {len(data)} bytes, {len(prints)} n-grams ({used.sum()} with weights), {len(entries)} weights")


class Model:
    """What `write` wrote, applied to a text: the same as the library, said once more, for the vectors of the tests."""

    def __init__(self, path):
        data = path.read_bytes()
        magic, outputs, count = struct.unpack_from("<4sII", data)
        assert magic == b"VNG1"
        self.bias, self.scale, self.thresholds = np.frombuffer(data, "<f4", 3 * outputs, 12).reshape(3, outputs).astype(float)
        at = 12 + 12 * outputs
        prints = np.frombuffer(data, "<u4", count, at)
        self.places = {int(value): i for i, value in enumerate(prints)}
        self.idf = np.frombuffer(data, np.uint8, count, at + 4 * count) * IDF_STEP
        counts = np.frombuffer(data, np.uint8, count, at + 5 * count)
        pairs = np.frombuffer(data, np.int8, offset=at + 6 * count).reshape(-1, 2)
        self.weights = np.zeros((outputs, count))
        self.weights[pairs[:, 0].astype(np.uint8), np.repeat(np.arange(count), counts)] = pairs[:, 1]

    def sums(self, text):
        known = sorted({self.places[p] for p in map(fingerprint, Vocabulary.grams(text)) if p in self.places})
        x = self.idf[known]
        return (self.weights[:, known] @ x) * self.scale / max(np.sqrt((x**2).sum()), 1e-12) + self.bias
