//! Analyses one file and prints a readable report, or with `--json` the payload and nothing else.
//!
//! ```text
//! cargo run --release -p viralnow-core --features video,sqlite --example analyze -- clip.mp4 [--json]
//! ```

use indicatif::{ProgressBar, ProgressStyle};
use lexopt::prelude::*;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use viralnow_core::monitor::{Control, Progress};
use viralnow_core::{AnalyzeOptions, Analyzer, Error, ErrorKind, Input, report};

const USAGE: &str = "usage: analyze PATH [--preset fast|balanced|reference] [--threads N] [--json]
               [--modalities NAME,...] [--language CODE] [--captions FILE] [--text TEXT] [--out FILE]
               [--speech-model FOLDER] [--vectors]

  --preset    how exact against how fast (balanced)
  --threads   threads, the decoder's too (all cores)
  --modalities  of audio, voice, text and vision these alone (all)
  --json      nothing but the payload on standard output
  --language  ISO 639-1 code of the words (detected)
  --captions  a .srt or .vtt file (found beside PATH, or inside it)
  --text      text written with the post
  --speech-model  a folder with a Whisper model, or the name of a known one: recognises what is said where no
              captions tell it (needs a build with the feature transformers; ONNX files onnx too)
  --vectors   frame-level features too, as the library keeps them unless told otherwise; the payload names them
  --out       write the payload to this file as well";

struct Arguments {
    path: PathBuf,
    options: AnalyzeOptions,
    json: bool,
    captions: Option<PathBuf>,
    text: Option<String>,
    out: Option<PathBuf>,
}

fn arguments() -> Result<Arguments, Box<dyn std::error::Error>> {
    // What is printed is the payload.
    let mut options = AnalyzeOptions { keep_vectors: false, ..AnalyzeOptions::default() };
    let (mut path, mut captions, mut text, mut out, mut json) = (None, None, None, None, false);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("preset") => options.preset = parser.value()?.string()?.parse()?,
            Long("threads") => options.threads = parser.value()?.parse()?,
            Long("language") => options.language = Some(parser.value()?.string()?),
            Long("captions") => captions = Some(parser.value()?.into()),
            Long("text") => text = Some(parser.value()?.string()?),
            Long("out") => out = Some(parser.value()?.into()),
            Long("modalities") => {
                let names = parser.value()?.string()?;
                options.modalities = Some(names.split(',').map(str::parse).collect::<Result<_, _>>()?);
            }
            Long("speech-model") => options.speech_model = Some(parser.value()?.string()?),
            Long("vectors") => options.keep_vectors = true,
            Long("json") => json = true,
            Short('h') | Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            Value(value) if path.is_none() => path = Some(PathBuf::from(value)),
            other => return Err(other.unexpected().into()),
        }
    }
    let path = path.ok_or("no PATH given")?;
    Ok(Arguments { path, options, json, captions, text, out })
}

fn run(arguments: Arguments) -> viralnow_core::Result<()> {
    let Arguments { path, options, json, captions, text, out } = arguments;
    let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(1000) };
    if let Ok(style) =
        ProgressStyle::with_template("{msg:8} [{bar:40}] {percent:>3} %  {elapsed} / {eta} to go")
    {
        bar.set_style(style.progress_chars("=> "));
    }
    let shown = bar.clone();
    let observer = move |progress: &Progress| {
        shown.set_position((progress.fraction * 1000.0) as u64);
        shown.set_message(progress.stage);
        Control::Continue
    };
    let mut input = Input::path(&path);
    input.captions = captions.map(viralnow_core::pipeline::Captions::Path);
    input.text = text;
    let analysis = Analyzer::new(options)?.observer(Arc::new(observer)).analyze(input)?;
    bar.finish_and_clear();
    // Printed first: a folder that cannot be written to does not cost what was found.
    if json {
        println!("{}", analysis.to_json());
    } else {
        println!("{}", report::text(&analysis.payload, 100));
    }
    if let Some(out) = &out {
        std::fs::write(out, analysis.to_json_pretty() + "\n")
            .map_err(|error| Error::from(error).with("path", out.display()))?;
        if !json {
            println!("payload written to {}", out.display());
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("analyze: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("analyze: {} {error}", error.kind());
            ExitCode::from(if error.kind() == ErrorKind::Cancelled { 130 } else { 1 })
        }
    }
}
