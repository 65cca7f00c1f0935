#!/usr/bin/env python3
"""Writes the compact lexicons of this directory from their published sources (see NOTICE.md for the licences).

    python make.py --vader vader_lexicon.txt --emoji emoji_utf8_lexicon.txt \
                   --easy-words easy_words.txt --hyphens hyph_en_US.dic

--vader, --emoji   from the package vaderSentiment 3.3.2 (MIT)
--easy-words       resources/en/easy_words.txt of the package textstat 0.7.13 (MIT)
--hyphens          hyph_en_US.dic of LibreOffice's dictionaries (BSD-style)

Writes vader_lexicon.txt (word, mean valence), vader_emoji.txt (one code point, its description), easy_words.txt (Dale
and Chall's familiar words) and hyphens.txt (patterns of letters without ligatures and curly apostrophes). The syllable table and the
filter of known words are written by the library itself, because they hold only what the rules of src/text/syllables.rs get
wrong. They are of release 0.7a of the CMU Pronouncing Dictionary (its own BSD licence), the one that NLTK carries:
github.com/cmusphinx/cmudict, commit a037efb, cmudict.0.7a:

    CMUDICT=cmudict.0.7a cargo test --release -p viralnow-core --lib -- --ignored write_the_syllable_table
"""

import argparse
import pathlib

HERE = pathlib.Path(__file__).parent


def write(name, lines):
    (HERE / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    print(name, len(lines), "lines", (HERE / name).stat().st_size, "bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--vader", "--emoji", "--easy-words", "--hyphens"):
        parser.add_argument(name, type=pathlib.Path, required=True)
    args = parser.parse_args()

    lexicon = {}
    for line in args.vader.read_text(encoding="utf-8").split("\n"):
        if line.strip():
            word, valence = line.strip().split("\t")[:2]
            lexicon[word] = float(valence)  # a word that comes twice: the last one counts, as in the original
    write("vader_lexicon.txt", [f"{word}\t{valence:g}" for word, valence in sorted(lexicon.items())])

    emoji = {}
    for line in args.emoji.read_text(encoding="utf-8").split("\n"):
        if line.strip():
            symbol, description = line.strip().split("\t")[:2]
            if len(symbol) == 1:  # VADER looks at one code point at a time, so longer ones are never met
                emoji[symbol] = description
    write("vader_emoji.txt", [f"{symbol}\t{description}" for symbol, description in sorted(emoji.items())])

    easy = {line.strip() for line in args.easy_words.read_text(encoding="utf-8").splitlines() if line.strip()}
    write("easy_words.txt", sorted(easy))

    lines = args.hyphens.read_text(encoding="utf-8").splitlines()[1:]
    patterns = [line for line in lines if line and line[0] not in "%#" and "MIN" not in line]
    write("hyphens.txt", [line for line in patterns if not set(line) & set("ﬀﬁﬂﬃﬄ’")])


if __name__ == "__main__":
    main()
