//! A payload as a real analysis gives it, every field filled.

use serde_json::{Value, json};
use viralnow_core::features::{FEATURE_SCHEMA_VERSION, Payload};

/// The payload of a talking clip. `marker` stands in every text of it, `n` makes numbers differ.
pub(crate) fn payload(asset_id: &str, marker: &str, n: u32) -> Payload {
    serde_json::from_value(value(asset_id, marker, n)).expect("the value follows the types")
}

/// The same as JSON.
pub(crate) fn value(asset_id: &str, marker: &str, n: u32) -> Value {
    let x = f64::from(n);
    let stats = |mean: f64| json!({"mean": mean, "variance": mean / 3.0, "p10": mean * 0.1, "p50": mean, "p90": mean * 1.9, "dynamics": 0.1 + 0.2});
    let vectors = |length: usize| {
        let series = |scale: f64| (0..length).map(|i| (i as f64 + x).sin() * scale).collect::<Vec<_>>();
        json!({"mean": series(100.0), "variance": series(1e-17), "dynamics": series(5e-324)})
    };
    let words = |text: &str, at: f64| {
        text.split(' ')
            .enumerate()
            .map(|(i, w)| {
                let start_s = at + i as f64 * 0.3;
                json!({"start_s": start_s, "end_s": start_s + 0.28, "text": w, "probability": 0.5, "speaker": "S1"})
            })
            .collect::<Vec<_>>()
    };
    let said = format!("Nobody tells you this about {marker} — really \"nobody\"\n\u{1F600}");
    json!({
        "asset_id": asset_id,
        "status": "complete",
        "reason": "nothing is missing",
        "correlation_id": format!("job-{}", &marker[..marker.len().min(40)]),
        "feature_schema_version": FEATURE_SCHEMA_VERSION,
        "library_version": "0.1.0",
        "preset": "balanced",
        "content_sha256": format!("{:064x}", 0xABCDEF + n),
        "input_sha256": format!("{:064x}", 0xFEDCBA + n),
        "created_at": "2026-11-21T08:00:00.123456Z",
        "updated_at": "2026-11-21T08:00:09.5Z",
        "meta": {"user_id": format!("user-{marker}"), "platform": "tiktok", "source_url": format!("https://example.org/{marker}?a=b&c=ü")},
        "media": {
            "kind": "video", "container": "mov,mp4,m4a,3gp,3g2,mj2", "bytes": 9_007_199_254_740_993u64, "duration_s": 30.033366666666666,
            "container_duration_s": 30.1, "width": 1080, "height": 1920, "rotation_deg": 90, "sample_aspect_ratio": 1.0,
            "frame_rate": 29.97002997002997, "variable_frame_rate": false, "frames": 900, "video_start_s": 0.0,
            "video_codec": "h264", "pixel_format": "yuv420p10le", "bit_depth": 10, "hdr": "pq", "video_stream": 0, "video_streams": 1,
            "audio_codec": "aac", "sample_rate_hz": 44100, "channels": 2, "audio_start_s": -0.0, "audio_stream": 1, "audio_streams": 1,
            "caption_stream": 2,
        },
        "modalities": {
            "audio": {
                "status": "complete", "reason": "cut short at 30 s", "model_version": "audio-1.0", "started_at": "2026-11-21T08:00:00Z",
                "completed_at": "2026-11-21T08:00:05Z", "vectors_uri": "s3://features/a.parquet",
                "summary": {
                    "mfcc": vectors(20), "mfcc_delta": vectors(20), "mfcc_delta2": vectors(20), "chroma": vectors(12), "tuning": -0.12, "spectral_centroid": stats(1532.2 + x), "spectral_rolloff": stats(3000.5),
                    "spectral_bandwidth": stats(1800.25), "spectral_flatness": stats(0.012), "spectral_contrast": vectors(7),
                    "zero_crossing_rate": stats(0.08), "rms": stats(1e-9),
                    "loudness": {"integrated_lufs": -14.2 - x, "range_lu": 6.1, "range_stable": false, "true_peak_dbtp": -0.3, "momentary_max_lufs": -9.8, "short_term_max_lufs": -11.1},
                    "rhythm": {"tempo_bpm": 120.00001, "tempo_confidence": 0.9, "tempo_candidates": [120.0, 60.0, 240.0], "tempo_candidate_strengths": [0.9, 0.8, 0.3],
                               "beats_s": [0.5, 1.0, 1.4999999999999998], "beat_strength": 1.7, "rhythm_stability": 0.99},
                    "key": {"tonic": "F#", "mode": "minor", "confidence": 0.71, "strength": 0.8, "alternatives": [{"tonic": "A", "mode": "major", "strength": 0.7}]},
                    "danceability": 1.4, "trending_sound_hash": "a1b2c3",
                    "speech_music": {"speech": 0.2, "music": 0.3, "speech_over_music": 0.4, "other": 0.1, "label": "speech_over_music", "confidence": 0.4,
                                     "segments": [{"start_s": 0.0, "end_s": 4.5, "label": "music", "confidence": 0.9}], "reactability": 1.0},
                    "missing": {"egg": "not asked for"},
                },
            },
            "voice": {
                "status": "complete", "model_version": "voice-1.0", "started_at": "2026-11-21T08:00:05Z", "completed_at": "2026-11-21T08:00:06Z",
                "summary": {
                    "speech": [{"start_s": 0.1, "end_s": 4.2}, {"start_s": 5.0, "end_s": 29.9}], "speech_ratio": 0.9666666666666667, "activity_source": "embedded",
                    "overlaps": [{"start_s": 4.0, "end_s": 4.25}],
                    "speakers": [{"label": "S1", "total_s": 20.5, "dominance": 0.8, "emotion_cues": {"arousal": -0.2},
                                  "prosody": {"f0_median_hz": 120.5, "f0_mean_hz": 125.25, "f0_std_semitones": 2.5, "voiced_ratio": 0.6,
                                              "intensity_mean_db": -20.5, "intensity_std_db": 4.25, "spectral_tilt": 11.5,
                                              "pause_ratio": 0.1, "turns": 3, "mean_turn_s": 6.5}},
                                 {"label": "S2", "total_s": 5.1, "dominance": 0.2, "emotion_cues": {}, "prosody": null}],
                    "turns": [{"start_s": 0.1, "end_s": 4.2, "speaker": "S1"}],
                    "pitch": {"median_hz": 181.3, "mean_hz": 190.0, "p10_hz": 120.0, "p90_hz": 260.1, "std_semitones": 3.2, "voiced_ratio": 0.66},
                    "speaking_rate": 4.4, "articulation_rate": 5.1, "pauses": {"count": 3, "total_s": 1.9, "mean_s": 0.6333333333333333, "longest_s": 0.9},
                    "intensity": {"mean_db": -21.5, "std_db": 4.4}, "jitter": 0.011, "shimmer": 0.05, "hnr": 14.9,
                    "formants": {"f1_hz": 500.5, "f2_hz": 1500.25, "f3_hz": null, "f1_bandwidth_hz": 80.5, "f2_bandwidth_hz": 90.25, "f3_bandwidth_hz": null},
                    "egemaps": {"F0semitoneFrom27.5Hz_sma3nz_amean": 31.2}, "emotion_cues": {"arousal": 0.4},
                    "missing": {},
                },
            },
            "text": {
                "status": "complete", "model_version": "text-1.0", "started_at": "2026-11-21T08:00:06Z", "completed_at": "2026-11-21T08:00:07Z",
                "summary": {
                    "language": "en", "language_confidence": 1.0, "source": "embedded_captions",
                    "transcript": [
                        {"segment_id": 0, "start_s": 0.1, "end_s": 4.2, "speaker": "S1", "text": said, "words": words(&said, 0.1),
                         "emotion_scores": {"curiosity": 0.61, "neutral": 0.2}},
                        {"segment_id": 1, "start_s": null, "end_s": null, "speaker": null, "text": "\u{0}", "words": null, "emotion_scores": null},
                    ],
                    "sentences": [said], "word_count": 8, "sentiment": {"negative": 0.0, "neutral": 0.4, "positive": 0.6, "compound": -0.296},
                    "emotions": {"joy": 0.5}, "emotion_trend": [{"t_s": 0.1, "emotion": "joy", "score": 0.5, "compound": -0.25}],
                    "keywords": [{"phrase": marker, "score": 0.0321}],
                    "readability": {"flesch_reading_ease": 80.3, "flesch_kincaid_grade": 4.2, "smog_index": 6.1, "automated_readability_index": 3.3,
                                    "coleman_liau_index": 5.0, "gunning_fog": 6.6, "dale_chall_readability_score": 5.5},
                    "hook": {"text": said, "features": {"question": 0.0, "second_person": 1.0}, "style": 0.42,
                             "speaking_rate": 3.5, "words_per_shot": 4.5, "silence_s": 0.25}, "speaking_pace": 2.5,
                    "missing": {"none": marker},
                },
            },
            "vision": {
                "status": "complete", "model_version": "vision-1.0", "started_at": "2026-11-21T08:00:00Z", "completed_at": "2026-11-21T08:00:08Z",
                "summary": {
                    "shots": [
                        {"shot_id": 0, "start_s": 0.0, "end_s": 4.004, "start_frame": 0, "transition": null, "motion_score": 0.3, "faces_present": true, "face_count": 2, "largest_face": [0.1, 0.2, 0.3, 0.4], "overlay_text": marker},
                        {"shot_id": 1, "start_s": 4.004, "end_s": 30.033, "start_frame": 120, "transition": {"kind": "dissolve", "start_s": 3.737, "end_s": 4.271}, "motion_score": null, "faces_present": null, "face_count": null, "largest_face": null, "overlay_text": null},
                    ],
                    "pacing": {"cuts_per_minute": 2.0, "median_shot_s": 15.0, "mean_shot_s": 15.0, "first_shot_s": 4.004},
                    "motion": {"intensity": 0.21, "local_intensity": 0.02, "direction_histogram": [0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125],
                               "camera_motion": {"pan": -0.1, "tilt": 0.0, "zoom": 0.02, "shake": 0.001}},
                    "faces": [{"start_s": 0.0, "end_s": 4.0, "count": 2, "valence": -0.5, "arousal": 0.25}],
                    "face_tracks": [{"start_s": 0.0, "end_s": 4.0, "box": [0.1, 0.2, 0.3, 0.4], "samples": 8, "confidence": 0.93,
                        "expression": "happiness", "valence": 0.4, "arousal": 0.2}],
                    "overlay_text": [{"start_s": 1.0, "end_s": 2.0, "text": marker, "box": [0.1, 0.2, 0.9, 0.3], "confidence": 0.88}],
                    "keyframes": [{"t_s": 2.002, "phash": "ffd8a1b2c3d4e5f6"}],
                    "colour": {"brightness": 0.5, "saturation": 0.3, "colourfulness": 0.2, "mean_rgb": [0.1, 0.2, 0.30000000000000004]},
                    "phash": "ffd8a1b2c3d4e5f6", "sampled_fps": 3.2,
                    "missing": {},
                },
            },
            "host_logo": {
                "status": "complete", "model_version": "logo-7", "started_at": null, "completed_at": null,
                "summary": {"z": [1, 2.0, -0.0, 1e300], "a": {"nested": {"list": [], "big": u64::MAX, "small": i64::MIN}}, "text": marker, "null": null},
            },
            "host_mood": {
                "status": "failed", "model_version": "mood-1", "started_at": null, "completed_at": null, "summary": null,
                "error": {"code": "HOST_FAILED", "message": format!("it broke on {marker}"), "retryable": false},
            },
        },
        "score": {
            "viral": 61.5, "interval": [40.25, 80.75], "contributions": [
                {"feature": "baseline", "value": null, "contribution": 50.0},
                {"feature": "audio.loudness.integrated_lufs", "value": -14.2, "contribution": 11.5},
            ], "calibrated": false, "model_version": "score-1",
        },
    })
}
