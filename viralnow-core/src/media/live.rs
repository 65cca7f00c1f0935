//! Sound that a host hands over while it happens.

use super::delivery::{Ending, SoundOut, tick, too_long};
use super::raw::check_form;
use super::{DecodeReport, DecodeRequest, MediaInfo, MediaKind, MediaSink, StreamEnd};
use crate::monitor::Run;
use crate::{Error, ErrorKind, Limits, Result};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often the pass looks after cancellation and its deadline while no sound comes.
const TICK: Duration = Duration::from_millis(50);
/// Blocks that may wait, of at most [`BLOCK_S`] each: a host that is faster than the analysis is held up.
const WAITING: usize = 8;
/// Seconds of one block at most.
const BLOCK_S: f64 = 0.5;

/// The end of a live stream at which the analysis listens; [`LiveSender`] is the host's end.
#[derive(Debug, Clone)]
pub struct LiveAudio {
    sample_rate: u32,
    channels: u16,
    blocks: Arc<Mutex<Receiver<Vec<f32>>>>,
}

/// The host's end of a live stream. Dropping it ends the stream.
#[derive(Debug)]
pub struct LiveSender {
    sample_rate: u32,
    channels: u16,
    blocks: SyncSender<Vec<f32>>,
}

impl LiveAudio {
    /// A stream of this rate (1,000 to 768,000 Hz) and these channels.
    pub fn open(sample_rate: u32, channels: u16, limits: &Limits) -> Result<(LiveSender, Self)> {
        check_form(sample_rate, channels, limits)?;
        let (sender, receiver) = sync_channel(WAITING);
        let audio = Self { sample_rate, channels, blocks: Arc::new(Mutex::new(receiver)) };
        Ok((LiveSender { sample_rate, channels, blocks: sender }, audio))
    }
}

impl LiveSender {
    /// Hands interleaved samples over; waits while the analysis is more than 4 s behind. Gives whether the analysis still
    /// listens: it ends early when a limit is reached or it is cancelled. Refuses samples that are not finite, and a number
    /// that is not a multiple of the channels.
    pub fn push(&self, samples: &[f32]) -> Result<bool> {
        let channels = usize::from(self.channels);
        if !samples.len().is_multiple_of(channels) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the number of samples must be a multiple of the number of channels",
            )
            .with("channels", self.channels)
            .with("samples", samples.len()));
        }
        super::raw::check_finite(samples)?;
        let block = ((BLOCK_S * f64::from(self.sample_rate)) as usize).max(1) * channels;
        Ok(samples.chunks(block).all(|block| self.blocks.send(block.to_vec()).is_ok()))
    }
}

pub(super) fn decode(
    audio: &LiveAudio,
    request: &DecodeRequest,
    run: &mut Run,
    sink: &mut dyn MediaSink,
) -> Result<DecodeReport> {
    let mut info = MediaInfo {
        kind: MediaKind::Audio,
        container: Some("live".to_owned()),
        sample_rate_hz: Some(audio.sample_rate),
        channels: Some(audio.channels),
        audio_streams: Some(1),
        ..MediaInfo::default()
    };
    sink.begin(&info)?;
    let mut out = SoundOut::new(audio.sample_rate, audio.channels, &request.limits, None);
    let mut ending = Ending::default();
    let blocks = audio.blocks.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(over) = tick(run, 0.0)? {
            ending.stop(over);
            break;
        }
        match blocks.recv_timeout(TICK) {
            Ok(samples) if request.audio => out.push(None, &samples, sink)?,
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if out.is_full() {
            ending.stop(too_long(&request.limits));
            break;
        }
    }
    info.audio_start_s = out.start_s();
    info.duration_s = Some(out.end_s());
    let sound = if request.audio { ending.finish("audio", out.frames()) } else { StreamEnd::Skipped };
    Ok(DecodeReport { info, audio: sound, video: StreamEnd::Absent, captions: StreamEnd::Absent })
}
