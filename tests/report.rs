//! The picture of what happens when: each lane is there where there is something to show, and no other.

use crate::support;

use viralnow_core::extract::Matrix;
use viralnow_core::features::Payload;
use viralnow_core::report::timeline;

/// The titles of the lanes, from the top.
fn lanes(payload: &Payload, rms: Option<&Matrix>) -> Vec<String> {
    let picture = timeline(payload, rms).expect("a picture");
    let titles =
        picture.split("text-anchor=\"end\">").skip(1).map(|rest| rest.split('<').next().unwrap_or_default());
    let mut titles: Vec<String> = titles.map(str::to_owned).collect();
    assert_eq!(titles.pop().as_deref(), Some("seconds"), "{picture}");
    titles
}

#[test]
fn the_timeline_has_every_lane_and_says_what_is_in_it() {
    let mut payload = support::payload("clip-1", "words", 3);
    // What stands on screen comes from the asset: it is no markup.
    let vision = payload.modalities.vision.summary.as_mut().expect("pictures");
    vision.overlay_text.as_mut().expect("text")[0].text = "<b>WAIT & see</b>".to_owned();
    let rms =
        Matrix { rows: 3, columns: 1, data: vec![0.5, 0.1, 0.02], times_s: vec![0.0, 10.0, 20.0], unit: "1" };
    assert_eq!(
        lanes(&payload, Some(&rms)),
        ["shots", "motion", "faces", "text", "sound", "speakers", "level"],
        "{:?}",
        timeline(&payload, Some(&rms))
    );
    let picture = timeline(&payload, Some(&rms)).expect("a picture");
    for tip in [
        "<title>4 to 30.03 s: shot 1</title>",
        "<title>0 to 4 s: 0.3 diagonals/s</title>",
        "<title>0 to 4 s: 2 faces</title>",
        "<title>1 to 2 s: &lt;b&gt;WAIT &amp; see&lt;/b&gt;</title>",
        "<title>0 to 4.5 s: music</title>",
        "<title>0.1 to 4.2 s: S1</title>",
        "0 dB relative to full scale</title>",
    ] {
        assert!(picture.contains(tip), "{tip:?} in {picture}");
    }
    assert!(!picture.contains("<b>"), "{picture}");
}

#[test]
fn a_lane_without_anything_in_it_is_left_out() {
    let mut payload = support::payload("clip-1", "words", 3);
    assert_eq!(lanes(&payload, None), ["shots", "motion", "faces", "text", "sound", "speakers"]);
    // Nobody told the speakers apart: what is left is where speech is.
    payload.modalities.voice.summary.as_mut().expect("a voice").turns = None;
    let vision = payload.modalities.vision.summary.as_mut().expect("pictures");
    (vision.faces, vision.overlay_text) = (Some(Vec::new()), None);
    assert_eq!(lanes(&payload, None), ["shots", "motion", "sound", "speech"]);
    payload.modalities.vision.summary = None;
    assert_eq!(lanes(&payload, None), ["sound", "speech"]);
    payload.media.duration_s = None;
    assert!(timeline(&payload, None).is_none());
}
