"""The result: attributes, arrays, JSON, and what notebooks show."""

from __future__ import annotations

import copy
import json
import pickle
from xml.etree import ElementTree

import numpy as np
import pytest

import viralnow
from conftest import noise
from viralnow import exceptions


def test_attributes_are_items(demo: viralnow.Analysis) -> None:
    payload = demo.to_dict()
    assert (
        demo.audio.loudness.integrated_lufs == payload["modalities"]["audio"]["summary"]["loudness"]["integrated_lufs"]
    )
    assert demo.audio["loudness"]["integrated_lufs"] == demo.audio.loudness.integrated_lufs
    assert demo.vision.shots[0].end_s == payload["modalities"]["vision"]["summary"]["shots"][0]["end_s"]
    assert set(demo.media) == set(payload["media"])
    assert demo.media.to_dict() == payload["media"]
    assert dict(demo.score)["viral"] == payload["score"]["viral"]
    assert "loudness" in dir(demo.audio)
    assert len(demo.audio) == len(payload["modalities"]["audio"]["summary"])


def test_views_are_read_only_and_name_what_there_is(demo: viralnow.Analysis) -> None:
    with pytest.raises(AttributeError, match="integrated_lufs"):
        _ = demo.audio.loudness.integrated
    with pytest.raises(AttributeError, match="read-only"):
        demo.audio.loudness = None
    with pytest.raises(AttributeError, match="read-only"):
        del demo.audio.loudness
    with pytest.raises(KeyError):
        demo.audio["no_such"]
    mine = demo.to_dict()
    mine["asset_id"] = "mine"
    assert demo.asset_id != "mine"


def test_views_copy_and_pickle(demo: viralnow.Analysis) -> None:
    for again in (copy.copy(demo.media), copy.deepcopy(demo.media), pickle.loads(pickle.dumps(demo.media))):
        assert again == demo.media
        assert again.width == demo.media.width


def test_the_score_explains_itself(demo: viralnow.Analysis) -> None:
    total = sum(part.contribution for part in demo.score.contributions)
    assert total == pytest.approx(demo.score.viral, abs=1e-6)
    assert 0 <= demo.score.viral <= 100
    assert demo.score.calibrated is False
    assert demo.score.interval is None
    named = [part for part in demo.score.contributions if part.contribution != 0 and part.feature != "baseline"]
    assert len(named) >= 6
    assert len({part.feature.split(".")[0] for part in named}) >= 3


def test_vectors_are_arrays_frames_first(demo: viralnow.Analysis) -> None:
    mfcc = demo.vectors("audio", "mfcc")
    times = demo.vector_times("audio", "mfcc")
    assert mfcc.dtype == np.float32
    assert times.dtype == np.float64
    assert mfcc.shape == (len(times), 20)
    # 16 kHz mono, hop 512: a centred frame every 32 ms.
    assert len(times) == pytest.approx(demo.media.duration_s * 16000 / 512, abs=5)
    assert np.diff(times) == pytest.approx(0.032, abs=1e-9)
    assert mfcc.mean(axis=0, dtype=np.float64) == pytest.approx(np.array(demo.audio.mfcc.mean), rel=1e-3, abs=1e-3)
    assert demo.vectors("audio", "mfcc") is mfcc
    assert not mfcc.flags.writeable
    assert mfcc.copy().flags.writeable
    assert isinstance(demo.vector_unit("audio", "mfcc"), str)
    assert "mfcc" in demo.vector_names["audio"]


def test_a_vector_that_is_not_there(demo: viralnow.Analysis) -> None:
    with pytest.raises(exceptions.NotFoundError, match="audio/mfcc"):
        demo.vectors("audio", "nonsense")
    with pytest.raises(exceptions.NotFoundError):
        demo.vectors("smell", "mfcc")


def test_vectors_outlive_the_analysis() -> None:
    mfcc = viralnow.analyze(audio=(noise(2), 16000), modalities=["audio"]).vectors("audio", "mfcc")
    before = mfcc.copy()
    for _ in range(3):
        viralnow.analyze(audio=(noise(2), 16000), modalities=["audio"])
    assert np.array_equal(mfcc, before)


def test_json(demo: viralnow.Analysis) -> None:
    text = demo.to_json()
    assert "\n" not in text
    assert json.loads(text) == demo.to_dict() == json.loads(demo.to_json(indent=2))
    assert demo.to_json(indent=2).startswith('{\n  "asset_id"')
    assert "NaN" not in text
    assert "Infinity" not in text


def test_every_key_of_the_schema_is_there(demo: viralnow.Analysis) -> None:
    schema = viralnow.json_schema()
    assert set(schema["required"]) <= set(demo.to_dict())
    assert {"audio", "voice", "text", "vision"} <= set(demo.modalities)


def test_what_is_missing_has_a_reason(demo: viralnow.Analysis) -> None:
    for name in ("audio", "voice", "text", "vision"):
        for field, value in demo.summary(name).items():
            if value is None:
                reason = demo.missing[f"{name}.{field}"]
                assert reason
    words = viralnow.analyze(text="Just words, and not many of them.")
    assert words.vision is None
    assert words.missing["vision"]
    assert words.status == "complete"
    with pytest.raises(exceptions.NotFoundError, match="audio, voice, text, vision"):
        words.summary("smell")


def test_pickle(demo: viralnow.Analysis) -> None:
    again = pickle.loads(pickle.dumps(demo))
    assert again == demo
    assert hash(again) == hash(demo)
    assert again.to_json() == demo.to_json()
    assert np.array_equal(again.vectors("audio", "mfcc"), demo.vectors("audio", "mfcc"))
    assert not again.vectors("audio", "mfcc").flags.writeable
    assert demo != "something else"


def test_what_notebooks_and_terminals_show(demo: viralnow.Analysis) -> None:
    assert demo.asset_id in repr(demo)
    assert "complete" in repr(demo)
    assert "video of 24.0 s" in repr(demo)
    html = demo._repr_html_()
    assert html.lstrip().startswith("<")
    assert "<script" not in html
    assert ">level<" in html and ">level<" not in viralnow.Analysis(demo.to_json())._repr_html_()
    assert f"{demo.score.viral:.1f}" in html or f"{demo.score.viral:.0f}" in html
    report = demo.report(72)
    assert max(len(line) for line in report.splitlines()) <= 72
    assert "loudness" in repr(demo.audio)


def test_the_timeline_is_a_picture(demo: viralnow.Analysis) -> None:
    picture = demo.timeline()
    assert picture is not None
    svg = ElementTree.fromstring(picture)
    words = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"shots", "motion", "sound", "speakers", "level", "seconds"} <= set(words)
    # Each shot is a block with its times, and the blocks cover the lane.
    rects = list(svg.iter("{http://www.w3.org/2000/svg}rect"))
    tips = [rect[0].text or "" for rect in rects]
    shots = [float(rect.get("width", 0)) for rect, tip in zip(rects, tips, strict=True) if ": shot " in tip]
    assert len(shots) == len(demo.vision.shots)
    assert sum(shots) == pytest.approx(660, abs=1)
    assert ">level<" in picture
    assert ">level<" not in (viralnow.Analysis(demo.to_json()).timeline() or "")
    assert viralnow.analyze(text="Only words.").timeline() is None


def test_html_is_escaped() -> None:
    analysis = viralnow.analyze(text="Look at <script>alert(1)</script> and <b>this</b>!", asset_id="<i>id</i>")
    assert "<script" not in analysis._repr_html_()
    assert "<i>id" not in analysis._repr_html_()


def test_info_and_dictionary() -> None:
    info = viralnow.info()
    assert info["version"] == viralnow.__version__
    assert info["features"]["video"] is True
    assert info["features"]["sqlite"] is True
    assert info["ffmpeg"]
    assert set(info["model_versions"]) == {"audio", "voice", "text", "vision"}
    entries = {entry["name"]: entry for entry in viralnow.feature_dictionary()}
    assert entries["audio.loudness.integrated_lufs"]["unit"] == "LUFS"
    assert viralnow.json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
