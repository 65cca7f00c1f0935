//! The Rust runner of `tests/vectors`; see the README there for what a case is.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use viralnow_core::call::{self, Called, Pixels, Samples};
use viralnow_core::extract::Matrix;
use viralnow_core::media::{RawAudio, RawFrames};
use viralnow_core::pipeline::Captions;
use viralnow_core::{AnalyzeOptions, Analyzer, Error, Input};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn samples(signal: &Value) -> RawAudio {
    let number = |key: &str| signal[key].as_f64().expect("a number");
    let (rate, channels) = (number("rate"), number("channels") as u16);
    let length = (rate * number("seconds")).round() as usize;
    let mut sum = vec![0.0f64; length];
    for part in signal["parts"].as_array().expect("parts") {
        let value = |key: &str| part[key].as_f64();
        if let Some(hz) = value("sine") {
            let amplitude = value("amplitude").expect("an amplitude");
            for (n, y) in sum.iter_mut().enumerate() {
                *y += amplitude * (2.0 * std::f64::consts::PI * hz * n as f64 / rate).sin();
            }
        } else if let Some(level) = value("dc") {
            sum.iter_mut().for_each(|y| *y += level);
        } else if let Some(amplitude) = value("noise") {
            let mut x = part["seed"].as_u64().expect("a seed") as u32;
            for y in &mut sum {
                x = x.wrapping_mul(1664525).wrapping_add(1013904223);
                *y += amplitude * (f64::from(x) / 2_147_483_648.0 - 1.0);
            }
        }
    }
    let samples = sum.iter().flat_map(|&y| std::iter::repeat_n(y as f32, channels.into())).collect();
    RawAudio { samples, sample_rate: rate as u32, channels }
}

fn frames(spec: &Value) -> RawFrames {
    let int = |value: &Value| value.as_i64().expect("an integer");
    let (width, height) = (int(&spec["width"]), int(&spec["height"]));
    let fps = spec["fps"].as_f64().expect("a rate");
    let triangle = |k: i64| (k.rem_euclid(128) - 64).abs() - 32;
    let (mut rgb, mut times_s) = (Vec::new(), Vec::new());
    for shot in spec["shots"].as_array().expect("shots") {
        let (texture, seed) = (shot["texture"].as_i64().unwrap_or(0), shot["seed"].as_i64().unwrap_or(0));
        let shift = |i: usize| shot["shift"].get(i).map_or(0, int);
        for j in 0..int(&shot["frames"]) {
            times_s.push(times_s.len() as f64 / fps);
            for y in 0..height {
                for x in 0..width {
                    let (u, v) = (x - j * shift(0), y - j * shift(1));
                    let wave = triangle(u + 2 * v + 17 * seed)
                        + triangle(3 * u - v + 29 * seed)
                        + triangle(2 * u + 5 * v + 7 * seed);
                    let wave = (texture * wave).div_euclid(96);
                    rgb.extend(
                        shot["rgb"]
                            .as_array()
                            .expect("rgb")
                            .iter()
                            .map(|c| (int(c) + wave).clamp(0, 255) as u8),
                    );
                }
            }
        }
    }
    RawFrames { width: width as usize, height: height as usize, rgb, times_s }
}

fn input(given: &Value) -> Input {
    let text = |key: &str| given[key].as_str().map(str::to_owned);
    let mut input = if let Some(path) = text("path") {
        Input::path(root().join(path))
    } else if let Some(hex) = text("bytes_hex") {
        let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).expect("hexadecimal digits");
        Input::bytes((0..hex.len()).step_by(2).map(byte).collect::<Vec<_>>())
    } else if given.get("signal").is_some() || given.get("frames").is_some() {
        Input::raw(given.get("signal").map(samples), given.get("frames").map(frames))
    } else {
        Input::default()
    };
    input.text = text("text");
    input.captions = text("captions").map(Captions::Text);
    input
}

/// Settings as a host writes them: by name, checked by the library.
fn options(given: &Value) -> Result<AnalyzeOptions, Error> {
    let mut options = AnalyzeOptions::default();
    let text = |key: &str| given[key].as_str();
    if let Some(preset) = text("preset") {
        options.preset = preset.parse()?;
    }
    if let Some(names) = given["modalities"].as_array() {
        let modalities = names.iter().map(|name| name.as_str().unwrap_or_default().parse());
        options.modalities = Some(modalities.collect::<Result<_, _>>()?);
    }
    options.language = text("language").map(str::to_owned);
    options.asset_id = text("asset_id").map(viralnow_core::AssetId::new).transpose()?;
    if let Some(limits) = given.get("limits") {
        options.limits = serde_json::from_value(limits.clone()).expect("limits");
    }
    Ok(options)
}

/// The median of the first column, NaN left out.
fn median(matrix: &Matrix) -> Option<f64> {
    let mut values: Vec<f64> =
        matrix.data.iter().step_by(matrix.columns).filter(|v| !v.is_nan()).map(|&v| f64::from(v)).collect();
    values.sort_by(f64::total_cmp);
    Some(f64::midpoint(*values.get(values.len() / 2)?, *values.get((values.len() - 1) / 2)?))
}

/// Settings of a case with the folder of its model, if it names one.
fn with_model(given: &Value, case: &Value) -> serde_json::Map<String, Value> {
    let mut settings = given.as_object().cloned().unwrap_or_default();
    if let Some(model) = case["model"].as_str() {
        settings.insert("model".to_owned(), json!(root().join("tests/vectors/models").join(model)));
    }
    settings
}

/// What a function gave, as [`result`] has it.
fn with_vectors(called: Called) -> Value {
    let mut value = json!({ "value": called.value });
    for (name, matrix) in &called.vectors {
        value["medians"][name] = json!(median(matrix));
        value["rows"][name] = json!(matrix.rows);
    }
    value
}

/// The result as `value`, and the medians and numbers of frames of the frame-level features by name.
fn result(case: &Value) -> Result<Value, Error> {
    let given = &case["input"];
    let value = match case["call"].as_str().expect("a call") {
        "analyze" => {
            let analysis = Analyzer::new(options(&case["options"])?)?.analyze(input(given))?;
            let mut value = json!({ "value": analysis.payload });
            for (modality, vectors) in &analysis.vectors {
                for (name, matrix) in vectors {
                    value["medians"][format!("{modality}/{name}")] = json!(median(matrix));
                    value["rows"][format!("{modality}/{name}")] = json!(matrix.rows);
                }
            }
            return Ok(value);
        }
        "text.embed" => {
            let settings = with_model(&json!({ "texts": [given["text"]] }), case);
            let called = call::call_plain("text.embed", &settings)?;
            json!(called.vectors["embeddings"].data)
        }
        name if name.starts_with("text.") && given.get("signal").is_none() => {
            call::call_plain(name, given.as_object().expect("settings"))?.value
        }
        "vision.compare_fingerprints" => {
            let print = |path: &Value| -> Result<Value, Error> {
                let path = root().join(path.as_str().expect("a path"));
                let print = call::call_plain(
                    "vision.fingerprint",
                    json!({ "path": path }).as_object().expect("settings"),
                )?;
                Ok(print.value["base64"].clone())
            };
            let [a, b] = [0, 1].map(|at| print(&given["paths"][at]));
            let settings = json!({ "a": a?, "b": b? });
            call::call_plain("vision.compare_fingerprints", settings.as_object().expect("settings"))?.value
        }
        name if name.starts_with("vision.") && given.get("path").is_some() => {
            let mut settings = case["options"].as_object().cloned().unwrap_or_default();
            let path = root().join(given["path"].as_str().expect("a path"));
            settings.insert("path".to_owned(), json!(path));
            call::call_plain(name, &settings)?.value
        }
        name if name.starts_with("vision.") => {
            let made = frames(&given["frames"]);
            let size = made.width * made.height * 3;
            let (width, height) = (made.width as u32, made.height as u32);
            let pixels = |data| Pixels { data, width, height, channels: 3 };
            let pictures: Vec<Pixels<'_>> = made.rgb.chunks_exact(size).map(pixels).collect();
            let settings = case["options"].as_object().cloned().unwrap_or_default();
            return Ok(with_vectors(call::call_pictures(name, &pictures, &settings)?));
        }
        name => {
            let sound = samples(&given["signal"]);
            let RawAudio { samples, sample_rate, channels } = &sound;
            let sound = Samples { samples, sample_rate: *sample_rate, channels: *channels };
            return Ok(with_vectors(call::call(name, sound, &with_model(&case["options"], case))?));
        }
    };
    Ok(json!({ "value": value }))
}

/// What does not hold, if anything.
fn check(case: &Value) -> Vec<String> {
    let outcome = result(case);
    let result = match (&outcome, case["error"].as_str()) {
        (Err(error), Some(code)) if error.kind().code() == code => return vec![],
        (Err(error), _) => return vec![format!("{} {error}", error.kind())],
        (Ok(_), Some(code)) => return vec![format!("succeeded, but {code} was expected")],
        (Ok(result), None) => result,
    };
    let expected = case["expect"].as_object().expect("expectations");
    let of_value =
        expected.iter().map(|(pointer, expected)| (pointer, result["value"].pointer(pointer), expected));
    let vectors = || case["expect_vectors"].as_object().into_iter().flatten();
    let of_vectors = vectors().map(|(name, expected)| (name, result["medians"].get(name), expected));
    let rows = vectors().filter(|(name, expected)| {
        expected.get("rows").is_some_and(|rows| *rows != result["rows"][name.as_str()])
    });
    let mut wrong: Vec<String> = rows
        .map(|(name, expected)| {
            format!("{name} has {} frames, expected {}", result["rows"][name], expected["rows"])
        })
        .collect();
    for (pointer, got, expected) in of_value.chain(of_vectors) {
        let got = got.unwrap_or(&Value::Null);
        let holds = if let Some(length) = expected.get("length") {
            got.as_array().map(|a| json!(a.len())).as_ref() == Some(length)
        } else {
            match (expected["value"].as_f64(), got.as_f64()) {
                (Some(value), Some(got)) => {
                    (got - value).abs() <= expected["tolerance"].as_f64().unwrap_or(0.0)
                }
                _ => *got == expected["value"],
            }
        };
        if !holds {
            wrong.push(format!("{pointer} is {got}, expected {expected}"));
        }
    }
    wrong
}

#[test]
fn every_vector_holds() {
    let made = std::process::Command::new("python3").arg(root().join("tests/vectors/models.py")).status();
    assert!(made.is_ok_and(|made| made.success()), "python3 makes the models of some cases: models.py");
    let (mut count, mut failures) = (0, Vec::new());
    let mut names = std::collections::BTreeSet::new();
    let mut files: Vec<_> = std::fs::read_dir(root().join("tests/vectors"))
        .expect("tests/vectors")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json") && !path.ends_with("texts.json"))
        .collect();
    files.sort();
    for file in files {
        let document: Value = serde_json::from_slice(&std::fs::read(&file).expect("readable")).expect("JSON");
        for case in document["cases"].as_array().expect("cases") {
            count += 1;
            let name = case["name"].as_str().expect("a name").to_owned();
            failures.extend(check(case).iter().map(|wrong| format!("{name}: {wrong}")));
            assert!(names.insert(name), "a name stands twice");
        }
    }
    println!("vectors: rust {count}");
    assert!(count >= 200, "only {count} vectors");
    assert!(failures.is_empty(), "{} do not hold:\n{}", failures.len(), failures.join("\n"));
}
