"""Perceptual hashes of pictures."""

from __future__ import annotations

from typing import Any, NamedTuple

from ._call import on_pictures

__all__ = [
    "ImageHash",
    "Pdq",
    "average_hash",
    "colorhash",
    "dhash",
    "dhash_vertical",
    "pdq",
    "pdq_dihedral",
    "phash",
    "phash_simple",
    "whash",
]


class ImageHash:
    """A perceptual hash: ``str()`` is imagehash's hexadecimal text, ``a - b`` the number of bits that differ.

    `text` is such a text (four bits a letter); what is not hexadecimal raises `ValueError`.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"text must be a string, not {type(text).__name__}")
        if not text or not set(text) <= set("0123456789abcdefABCDEF"):
            raise ValueError(f"a hash is hexadecimal text, such as str() of one gives, not {text[:40]!r}")
        self._text = text.lower()

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"ImageHash({self._text!r})"

    def __int__(self) -> int:
        return int(self._text, 16)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageHash) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __len__(self) -> int:
        return 4 * len(self._text)

    def __sub__(self, other: ImageHash) -> int:
        if not isinstance(other, ImageHash):
            raise TypeError(f"an ImageHash can be subtracted, not {type(other).__name__}; wrap a text in ImageHash")
        if len(self) != len(other):
            raise ValueError(f"hashes of {len(self)} and {len(other)} bits cannot be compared")
        return (int(self) ^ int(other)).bit_count()


class Pdq(NamedTuple):
    """A PDQ hash of 256 bits; two pictures match within 31 bits, where both have a quality of 50 or more."""

    hash: ImageHash
    """The hash."""
    quality: int
    """How much there is in the picture that a hash can hold, 0 to 100."""

    def __str__(self) -> str:
        """ThreatExchange's hexadecimal text of the hash."""
        return str(self.hash)


def _hash(name: str, image: Any, settings: dict[str, Any]) -> ImageHash:
    return ImageHash(on_pictures(f"vision.{name}", [image], settings)[0])


def average_hash(image: Any, hash_size: int = 8) -> ImageHash:
    """Which of `hash_size` x `hash_size` parts (2 to 256) are brighter than their mean; imagehash's bits.

    >>> import numpy as np, viralnow
    >>> ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
    >>> str(viralnow.vision.average_hash(ramp))
    '0f0f0f0f0f0f0f0f'
    """
    return _hash("average_hash", image, {"hash_size": hash_size})


def dhash(image: Any, hash_size: int = 8) -> ImageHash:
    """Which parts are brighter than their left neighbour; imagehash's bits. `hash_size` is 2 to 256."""
    return _hash("dhash", image, {"hash_size": hash_size})


def dhash_vertical(image: Any, hash_size: int = 8) -> ImageHash:
    """Which parts are brighter than the one above; imagehash's bits. `hash_size` is 2 to 256."""
    return _hash("dhash_vertical", image, {"hash_size": hash_size})


def phash(image: Any, hash_size: int = 8) -> ImageHash:
    """Which low frequencies are above their median; imagehash's bits. `hash_size` is 2 to 256.

    >>> import numpy as np, viralnow
    >>> noise = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    >>> viralnow.vision.phash(noise) - viralnow.vision.phash(noise)  # bits that differ
    0
    """
    return _hash("phash", image, {"hash_size": hash_size})


def phash_simple(image: Any, hash_size: int = 8) -> ImageHash:
    """imagehash's `phash_simple`: frequencies along the rows alone, against their mean."""
    return _hash("phash_simple", image, {"hash_size": hash_size})


def whash(image: Any, hash_size: int = 8) -> ImageHash:
    """Which low Haar wavelet coefficients are above their median; imagehash's bits. `hash_size` is a power of two."""
    return _hash("whash", image, {"hash_size": hash_size})


def colorhash(image: Any, binbits: int = 3) -> ImageHash:
    """Shares of black, gray and twelve hues, `binbits` bits (1 to 16) each; imagehash's bits."""
    return _hash("colorhash", image, {"binbits": binbits})


def pdq(image: Any) -> Pdq:
    """PDQ (ThreatExchange, 2019), with its quality: two pictures match within 31 bits where both have 50 or more.

    >>> import numpy as np, viralnow
    >>> noise = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    >>> found = viralnow.vision.pdq(noise)
    >>> len(found.hash), found.quality > 50
    (256, True)
    """
    return _pdq(on_pictures("vision.pdq", [image], {})[0])


def pdq_dihedral(image: Any) -> tuple[Pdq, ...]:
    """PDQ of a picture and of its seven mirrored and turned versions, at the cost of one: as it is, turned a quarter,
    half and three quarters counter-clockwise, flipped top to bottom, left to right, along the main diagonal and the
    other. A plain `pdq` that is near one of them is of a mirrored or turned copy.

    >>> import numpy as np, viralnow
    >>> noise = np.random.default_rng(1).integers(0, 256, (32, 32, 1), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    >>> mirrored = viralnow.vision.pdq(noise[:, ::-1])
    >>> [mirrored.hash - version.hash <= 31 for version in viralnow.vision.pdq_dihedral(noise)].index(True)
    5
    """
    return tuple(map(_pdq, on_pictures("vision.pdq_dihedral", [image], {})[0]))


def _pdq(found: dict[str, Any]) -> Pdq:
    return Pdq(ImageHash(found["hash"]), found["quality"])
