// ViralNow for Node.js: short-form posts in, typed features and an explained score out.
//
// Settings and arguments are camelCase; a payload's names are those of the contract (snake_case), the same in every
// language. Times are seconds from the start of the presentation timeline. A missing value is null, never 0.

/** The version of the library, the same in all languages. */
export const version: string;

/** What is analysed: a path, a `file:` URL, the content of a file, or null for what the options hold (text, audio, frames). */
export type Source = string | URL | Uint8Array | ArrayBuffer | null | undefined;

/** A caption file (`.srt` or `.vtt`): its path, or its content. Beside a path, `clip.srt` and `clip.vtt` are found without. */
export type Captions = string | URL | { text: string };

/** Samples that the host has decoded. They are copied. */
export interface RawAudio {
  /** Interleaved, nominally in [-1, 1]. One that is not finite is refused. */
  samples: Float32Array;
  /** Samples per second and channel, 1,000 to 768,000. */
  sampleRate: number;
  /** How many are interleaved; default 1. */
  channels?: number;
}

/** Pictures that the host has decoded. They are copied. */
export interface RawFrames {
  /** Frame after frame, row after row, red, green, blue: `timesS.length * height * width * 3` values. */
  rgb: Uint8Array | Uint8ClampedArray;
  /** Columns. */
  width: number;
  /** Rows. */
  height: number;
  /** Presentation time of each frame, in seconds, rising. */
  timesS: Float64Array | readonly number[];
}

/** What belongs to one source. */
export interface Parts {
  /** Text written with it: the post's caption, a title, a script. */
  text?: string | null;
  /** What is said when. */
  captions?: Captions | null;
  /** Sound in place of a file. */
  audio?: RawAudio | null;
  /** Pictures in place of a file. */
  frames?: RawFrames | null;
}

/** One source of a batch. */
export type BatchSource = string | URL | Uint8Array | ArrayBuffer | ({ source?: Source } & Parts);

/**
 * What an input may cost. Over a limit that the header states, the call fails with `LIMIT_EXCEEDED` before any decoding;
 * over one that is only met on the way, the result is partial and says which limit cut it short.
 */
export interface Limits {
  /** Size of the file or buffer, in bytes. Default 4 GiB. */
  maxBytes?: number;
  /** Presentation time that is analysed, in seconds. Default 4 hours. */
  maxDurationS?: number;
  /** Pixels of one picture. Default 64 Mi. */
  maxPixels?: number;
  /** Streams in one container. Default 64. */
  maxStreams?: number;
  /** Channels of one audio stream. Default 32. */
  maxChannels?: number;
  /** Memory that one decoded picture or block may take, in bytes. Default 512 MiB. */
  maxDecodedBytes?: number;
  /** Text of one asset, in bytes. Default 16 MiB. */
  maxTextBytes?: number;
  /** Wall-clock time of one call, in seconds. Default none. */
  maxWallS?: number;
}

/** What the host knows of an asset beside its content; stored with it, never interpreted. */
export interface Meta {
  userId?: string;
  platform?: Platform;
  sourceUrl?: string;
}

/** How far a call is. */
export interface Progress {
  /** The share that is done, in [0, 1]; never goes back. */
  fraction: number;
  /** The stage that is going on, such as `decode`. */
  stage: string;
  /** Seconds since the start. */
  elapsedS: number;
  /** Seconds that remain at the present pace; null until 3 % is done. */
  etaS: number | null;
  /** Assets finished and assets in all. */
  items: [done: number, all: number];
}

/** Settings of a call. */
export interface Settings {
  /** ISO 639-1 code of the text's language (`en`); detected when absent. */
  language?: string | null;
  /** Ties the call to the host's own job; generated when absent. */
  correlationId?: string | null;
  /** How exact against how fast; default `balanced`. */
  preset?: Preset | null;
  /** Which modalities to compute; all when absent. The others are `skipped`. */
  modalities?: readonly ("audio" | "voice" | "text" | "vision")[] | null;
  /**
   * Threads for decoding one asset, or assets at a time in a batch; 0, the default, is all cores. Changes no result: where
   * the decoder meets damage, which each number of threads decodes in its own way, one thread decodes it all again. (VP8's
   * decoder does not notice damage.)
   */
  threads?: number | null;
  /** What the input may cost. */
  limits?: Limits | null;
  /** What the host knows of it. */
  meta?: Meta | null;
  /**
   * Whether frame-level features are kept beside the payload; default true. A minute of sound and pictures has some
   * megabytes of them, and a batch holds those of all its items.
   */
  keepVectors?: boolean | null;
  /**
   * A folder with a Whisper model, or the name of one of {@link models}: recognises the speech where nothing else tells what is
   * said (no text, no captions). Without one no speech is recognised.
   */
  speechModel?: string | URL | null;
  /**
   * Language of the text on screen, such as `en`, `en+de` or `chi_tra` (tesseract's own names count too); `language` when absent, if there is
   * data for that, else English.
   */
  textLanguage?: string | null;
  /** Keeps every payload, and skips work whose content and versions are already there. */
  store?: Store | null;
  /** Is told of every stage. */
  monitor?: MemoryMonitor | null;
  /**
   * Stops the call, queued or running; the thread leaves it within some milliseconds of decoding. The promise, at once, rejects with a {@link ViralNowError} whose
   * `name` is `AbortError` (as Node's own functions do), `code` is `CANCELLED` and `cause` is the signal's reason.
   */
  signal?: AbortSignal | null;
  /**
   * Called at most 20 times a second; a busy event loop gets the newest only. What it throws stops the call, and becomes
   * the `cause` of an error with the code `HOST_FAILED`.
   */
  onProgress?: ((progress: Progress) => void) | null;
}

/** Options of {@link analyze}. */
export interface AnalyzeOptions extends Settings, Parts {
  /** The host's id of the asset; derived from the content when absent. */
  assetId?: string | null;
  /** Modalities of the host's own. */
  extractors?: readonly (Extractor | (() => Extractor))[] | null;
}

/** Options of {@link analyzeMany}. */
export interface AnalyzeManyOptions extends Settings {
  /**
   * Seconds for each item. Over it, what was decoded until then is the item's (partial) result, or its error is `TIMEOUT`
   * where there is none.
   */
  timeoutS?: number;
  /** Functions that make an extractor for each asset, because several are analysed at a time. */
  extractors?: readonly (() => Extractor)[] | null;
}

/** Sound as an extractor gets it. The arrays are its own. */
export interface AudioInput {
  /** Presentation time of the first of `samples`, in seconds. */
  startS: number;
  /** Samples per second and channel of `samples`. */
  sampleRate: number;
  /** Channels of `samples`. */
  channels: number;
  /** Interleaved samples of the stream itself. */
  samples: Float32Array;
  /** Mean of the channels at 16 kHz; blocks join without gap or overlap. Lags `samples` by the resampler's delay. */
  mono16k: Float32Array;
  /** Number of the first sample of `mono16k` since the start of the stream. */
  mono16kStart: number;
  /** Magnitudes, frame by frame (2048 samples of `mono16k`, 512 apart); only with `spectra: true`. */
  spectra?: { magnitudes: Float32Array; first: number; bins: number };
}

/** A picture as an extractor gets it. The arrays are its own. */
export interface FrameInput {
  /** Number in presentation order, from 0. */
  index: number;
  /** Presentation time, in seconds. */
  timeS: number;
  /** How long it stands, where the file tells. */
  durationS: number | null;
  /** Whether the adaptive sampler (2 to 4 a second) picked it. */
  sampled: boolean;
  /** The whole picture with its longest side at most 256 pixels, as coded: packed blue, green, red. */
  small: { bgr: Uint8Array; width: number; height: number };
  /**
   * The upright picture at full size: packed red, green, blue; only with `fullFrames: true`. In preset `balanced` a large H.264 picture that no
   * other refers to is not deblocked.
   */
  full?: { rgb: Uint8Array; width: number; height: number };
}

/** A caption. */
export interface Cue {
  /** Start, in seconds. */
  startS: number;
  /** End, in seconds. */
  endS: number;
  /** The text, markup removed. */
  text: string;
}

/** What is known at the end. */
export interface SharedOutputs {
  /** Presentation time of the end of the asset, in seconds. */
  durationS: number;
  /** Presentation time of the first sample of sound, in seconds. */
  audioStartS: number;
  /** Seconds of sound. */
  audioS: number;
  /** Stretches of speech, [start, end) in seconds, in order. */
  speech: [start: number, end: number][];
  /** Frames decoded. */
  framesDecoded: number;
  /** Frames sampled. */
  framesSampled: number;
}

/** Frame-level features of an extractor. */
export interface HostVectors {
  /** Row by row, `timesS.length * columns` values; NaN marks an undefined one. */
  data: Float32Array;
  /** Values per row. */
  columns: number;
  /** Presentation time of each row's centre, in seconds. */
  timesS: Float64Array | readonly number[];
  /** Such as `Hz`, `dB`; default `1`. */
  unit?: string;
}

/**
 * A modality of the host's own. Its hooks are called in presentation order on the JavaScript thread while the decoding
 * thread waits: each call costs a crossing (some 40 microseconds when the event loop is idle, ten times that for a picture
 * at full size), so a hook should be short, and `everyFrame` and `fullFrames` are to be asked for with a reason. Hooks must not be async. What a hook throws
 * makes this modality `failed` with the code `HOST_FAILED`; the rest of the analysis stands.
 */
export interface Extractor {
  /** The modality's name in the payload: 1 to 64 lower-case letters, digits and `_`, none of the built-in ones. */
  readonly name: string;
  /** The version of the method. */
  readonly version: string;
  /** Whether sound comes with short-time spectra. */
  readonly spectra?: boolean;
  /** Whether `frame` is called for every picture rather than the sampled ones (2 to 4 a second). */
  readonly everyFrame?: boolean;
  /** Whether pictures come at full size too. */
  readonly fullFrames?: boolean;
  /** Called once, before anything else. */
  begin?(media: MediaInfo): void;
  /** Sound. */
  audio?(input: AudioInput): void;
  /** A picture. */
  frame?(input: FrameInput): void;
  /** A caption. */
  cue?(cue: Cue): void;
  /** The end: the summary, a plain object that JSON can carry. */
  finish(shared: SharedOutputs): object;
  /** Frame-level features by name; called after `finish`. */
  vectors?(): Record<string, HostVectors>;
}

/** Frame-level features. */
export interface Vectors {
  /** Row by row; NaN marks an undefined value. */
  data: Float32Array;
  /** Moments. */
  rows: number;
  /** Values per moment. */
  columns: number;
  /** Presentation time of each row's centre, in seconds. */
  timesS: Float64Array;
  /** Unit of the values, such as `Hz`, `dB` or `1`. */
  unit: string;
}

/** One cell of a flat row. */
export type FlatValue = null | boolean | number | string;

/** What an analysis gives. */
export class Analysis {
  private constructor();
  /** The features by the contract's names. Parsed on first use; yours to keep, not to change. */
  readonly payload: Payload;
  /** Features of the sound; null when there are none, see {@link Analysis.missing}. */
  readonly audio: AudioSummary | null;
  /** Features of the voice. */
  readonly voice: VoiceSummary | null;
  /** Features of the words. */
  readonly text: TextSummary | null;
  /** Features of the pictures. */
  readonly vision: VisionSummary | null;
  /** The content score; null when there was nothing to score. */
  readonly score: Score | null;
  /** The facts of the file. */
  readonly media: MediaInfo;
  /** Whether everything that the asset has was analysed. */
  readonly status: AssetStatus;
  /** The asset's id. */
  readonly assetId: AssetId;
  /** Why something is not there: `voice` or `audio.key` to the reason. */
  readonly missing: Record<string, string>;
  /**
   * Frame-level features, such as `("audio", "mfcc")`: frames first. Each call copies. Throws `NOT_FOUND` with the names
   * that there are. An analysis that came out of a store has none.
   */
  vectors(modality: string, name: string): Vectors;
  /** Modality and name of all frame-level features. */
  vectorNames(): [modality: string, name: string][];
  /** The readable report, for a terminal of this many columns (default 80). */
  report(options?: { columns?: number }): string;
  /**
   * What happens when (shots, motion, faces, text, sound, speakers, level) as an SVG document; null where the asset has no
   * length in time. Without the frame-level features (`keepVectors: false`, or out of a store) there is no level.
   */
  timeline(): string | null;
  /** The report as a self-contained HTML fragment. */
  html(): string;
  /** The flat row: the same columns in the same order for every asset. */
  row(): Record<string, FlatValue>;
  /** The payload, for `JSON.stringify`. */
  toJSON(): Payload;
}

/** One entry of a batch. */
export type BatchItem = { ok: true; analysis: Analysis } | { ok: false; error: ViralNowError };

/** The entries of a batch, in the order of the sources. */
export class Batch extends Array<BatchItem> {
  private constructor();
  /** One flat row for each entry, the same columns in the same order; an error's columns are filled for an error. */
  rows(): Record<string, FlatValue>[];
}

/**
 * Analyses one asset.
 *
 * The work runs on a thread of the library's own, at most as many at a time as there are cores; more calls wait in order.
 * Neither the event loop nor libuv's pool of four threads is held. For many files, {@link analyzeMany} is faster.
 *
 * Rejects with a {@link ViralNowError} where nothing can be had; everything short of that is a result whose `status` tells.
 */
export function analyze(source: Source, options?: AnalyzeOptions | null): Promise<Analysis>;

/**
 * Analyses many assets, `threads` at a time. The order is kept; a bad item never stops the batch: its entry carries the
 * error. Rejects only when the settings are wrong or the whole batch is stopped; what was finished by then is lost, unless
 * there is a `store`, which has it: another call then skips it.
 */
export function analyzeMany(sources: Iterable<BatchSource>, options?: AnalyzeManyOptions | null): Promise<Batch>;

/** Options of {@link Live}. */
export interface LiveOptions extends Omit<Settings, "language" | "threads"> {
  /** How many channels are interleaved; default 1. */
  channels?: number;
  /** The host's id of the asset; that of the correlation id when absent: what is still to come has no hash. */
  assetId?: string | null;
  /** Modalities of the host's own. */
  extractors?: readonly (Extractor | (() => Extractor))[] | null;
}

/**
 * An analysis of sound that is still to come: {@link Live.push} it as it comes, {@link Live.finish} gives what
 * {@link analyze} gives for all of it. It runs on a thread of its own, at most 4 s of sound behind. An abort signal ends it;
 * one that is never finished nor aborted keeps the process alive.
 */
export class Live {
  /** Begins it, at so many samples per second (1,000 to 768,000). What is wrong with the settings, `push` and `finish` say. */
  constructor(sampleRate: number, options?: LiveOptions | null);
  /**
   * Hands interleaved samples over, which are copied; resolves when there is room for more. Gives whether the analysis still
   * listens: over a limit it does not, and `finish` gives what it has.
   */
  push(samples: Float32Array): Promise<boolean>;
  /** Ends the stream and gives the features of all that was pushed. */
  finish(): Promise<Analysis>;
  /** Ends it without a result; until then, or `finish`, it keeps the process alive. Twice is fine. */
  cancel(): void;
}

/** Payloads in one SQLite file, which several processes may share. */
export class Store {
  private constructor();
  /** Opens or makes the file. */
  static open(path: string | URL): Promise<Store>;
  /** Writes a payload; the same one twice is one row. */
  put(analysis: Analysis | Payload): Promise<void>;
  /** The newest payload of an asset, or null. */
  get(assetId: string): Promise<Analysis | null>;
  /** The ids of all assets, sorted; a page of them with `limit` and the last id of the page before as `after`. */
  list(options?: { after?: string; limit?: number }): Promise<string[]>;
  /** Removes every trace of an asset; says whether there was one. */
  erase(assetId: string): Promise<boolean>;
  /** Lets go of the file; calls that go on keep it until they end. */
  close(): void;
}

/** Something that happened. */
export interface MonitorRecord {
  /** Number in order of arrival, from 1. */
  seq: number;
  /** Seconds since the monitor was made. */
  t_s: number;
  /** Dotted topic, such as `function.completed` or `progress.step_progress`. */
  topic: string;
  /** Ties everything of one job together. */
  correlation_id: string;
  /** The span it happened in; 0 for none. */
  span: number;
  /** The facts. */
  data: JsonValue;
}

/** One stage of a call. */
export interface MonitorSpan {
  /** Its number. */
  span: number;
  /** The span that it is part of; 0 for a root. */
  parent: number;
  /** The stage's name. */
  name: string;
  /** The module that it stands in. */
  module: string;
  /** Ties everything of one job together. */
  correlation_id: string;
  /** The asset, where it was known at the start. */
  asset_id: string | null;
  /** When it began, in seconds since the monitor was made. */
  start_s: number;
  /** How long it took, in seconds; null while it goes on. */
  duration_s: number | null;
  /** How it ended. */
  state: { state: "running" | "completed" | "cancelled" } | { state: "failed"; code: string; message: string };
}

/** A monitor that keeps the newest spans, events and progress reports in memory: 65,536 records or 64 MiB at most. */
export class MemoryMonitor {
  constructor();
  /** Everything that is kept, in order of arrival. */
  records(): MonitorRecord[];
  /** The spans among them, in the order in which they began. */
  spans(): MonitorSpan[];
  /** How many records had to go for want of room. */
  readonly dropped: number;
  /** Forgets what is kept. */
  clear(): void;
}

/**
 * The words alone, without an asset. One text gives its result at once; an array of texts gives a promise of the array of
 * results, and does not hold the event loop.
 */
export namespace text {
  /** VADER sentiment (Hutto & Gilbert 2014) of an English text. */
  function sentiment(text: string): Sentiment;
  function sentiment(texts: readonly string[]): Promise<Sentiment[]>;
  /** Readability formulas of an English text; null without words. `reference` counts as textstat does. */
  function readability(text: string, options?: { preset?: Preset }): Readability | null;
  function readability(texts: readonly string[], options?: { preset?: Preset }): Promise<(Readability | null)[]>;
  /** The sentences. `language` is an ISO 639-1 code; default `en`. */
  function sentences(text: string, options?: { language?: string }): string[];
  function sentences(texts: readonly string[], options?: { language?: string }): Promise<string[][]>;
  /**
   * Key phrases (YAKE, Campos 2020), best first, at most `limit` (default 10). `language` is an ISO 639-1 code, default
   * `en`; empty for a language whose function words are not known.
   */
  function keywords(text: string, options?: { language?: string; limit?: number }): Keyword[];
  function keywords(texts: readonly string[], options?: { language?: string; limit?: number }): Promise<Keyword[][]>;
  /** Hook features of an English opening: a sentence, or what is said in the first seconds. All 0 without words. */
  function hook(opening: string): Hook;
  function hook(openings: readonly string[]): Promise<Hook[]>;
  /**
   * Which of two English headlines for one story would be clicked more. Right for 66.9 % of pairs with a clear winner and for
   * 58.7 % of all, in cross-validation over one site's A/B tests; a coin is right for 50 %. It says nothing about two stories.
   */
  function hookAb(first: string, second: string): HookAb;
  function hookAb(first: readonly string[], second: readonly string[]): Promise<HookAb[]>;
  /**
   * The 28 emotions of GoEmotions in an English sentence or comment, and those that hold (macro-F1 0.482, micro-F1 0.562); null
   * where the model knows no word.
   */
  function emotions(text: string): Emotions | null;
  function emotions(texts: readonly string[]): Promise<(Emotions | null)[]>;
  /** ISO 639-1 code and how sure the detection is, in [0, 1]; null when the text is too short or too mixed to tell. */
  function language(text: string): [language: string, confidence: number] | null;
  function language(texts: readonly string[]): Promise<([language: string, confidence: number] | null)[]>;
  /** A post taken apart: its words as one reads them, emoji, hashtags, mentions, addresses, calls to action, prices. */
  function normalise(text: string): Normalised;
  function normalise(texts: readonly string[]): Promise<Normalised[]>;
  /**
   * Sentence embeddings: vectors of length 1 that lie near each other where texts mean the same. `model` is a folder
   * (`config.json`, `tokenizer.json` and `model.safetensors` or `model.onnx`), or the name of a model of {@link models}, by
   * default `all-MiniLM-L6-v2`; it stays loaded. `threads` is 0 for all cores.
   */
  function embed(text: string, options?: { model?: string | URL; threads?: number } & Watched): Promise<Float32Array>;
  function embed(texts: readonly string[], options?: { model?: string | URL; threads?: number } & Watched): Promise<Float32Array[]>;
  /**
   * Speech as text: of a file, or of several, one after another; there a file that fails has an `error`. `model` is a folder with
   * a Whisper model (`config.json`, `tokenizer.json`, `generation_config.json`, and `model.safetensors`, a `.gguf` file or ONNX files
   * as optimum exports them), or the name of one of {@link models}, by default `whisper-base`; it stays loaded.
   */
  function transcribe(path: string | URL, options?: TranscribeOptions & Watched): Promise<Transcript>;
  function transcribe(paths: readonly (string | URL)[], options?: TranscribeOptions & Watched): Promise<(Transcript | { error: { code: string; message: string } })[]>;
  /** The same of interleaved samples; the promise does not wait for a step of the model that cannot be left at once. */
  function transcribe(samples: Float32Array, options: TranscribeOptions & { sampleRate: number; channels?: number; signal?: AbortSignal }): Promise<Transcript>;
}

/** How speech is recognised. */
export interface TranscribeOptions {
  model?: string | URL;
  /** Whisper's code of the language (`en`); detected when absent. */
  language?: string | null;
  /** `translate` is into English. */
  task?: "transcribe" | "translate";
  /** Text that might have come before: names and spellings to expect. */
  prompt?: string | null;
  /** Whether words get times; default true. */
  wordTimes?: boolean;
  /** Whether only what voice activity takes for speech is listened to; default true. */
  vad?: boolean;
  /** Whether each window knows the text of the ones before it; default true. */
  conditionOnPreviousText?: boolean;
  /** Tried one after another until a text can be trusted; default 0, 0.2, 0.4, 0.6, 0.8, 1. */
  temperatures?: readonly number[];
  /** A text that can be compressed more is not trusted; default 2.4, null is none. */
  compressionRatioThreshold?: number | null;
  /** A text whose tokens are less likely is not trusted; default -1, null is none. */
  logProbabilityThreshold?: number | null;
  /** Above it, a window in which nobody is heard is skipped; default 0.6, null is none. */
  noSpeechThreshold?: number | null;
  /** What the draws hang on; default 0. */
  seed?: number;
  /** 0, the default, is all cores. */
  threads?: number;
}

/** Speech as text. */
export interface Transcript {
  language: string | null;
  language_probability: number | null;
  duration_s: number;
  segments: {
    start_s: number;
    end_s: number;
    text: string;
    words: { start_s: number; end_s: number; text: string; probability: number }[] | null;
    tokens: number[];
    avg_log_probability: number;
    no_speech_probability: number;
    compression_ratio: number;
    temperature: number;
  }[];
  /** What was not transcribed, and why. */
  skipped: { start_s: number; end_s: number; reason: "no_speech" | "no_speech_by_model" | "text_outside_speech" }[];
  /** Why a field that was asked for is null (`segments.words` of a model in ONNX): field name to reason. */
  missing: Record<string, string>;
}

/** Two headlines against each other. */
export interface HookAb {
  /** Null where nothing speaks for either. */
  better: "first" | "second" | null;
  /** The probability that the first one is clicked more, if one of them clearly is, in [0, 1]. */
  probability: number;
}

/** The emotions of a text. */
export interface Emotions {
  /** Those that hold, the likeliest first; may be empty. */
  labels: string[];
  /** The probability of each of the 28 labels of GoEmotions, in [0, 1]. */
  scores: Record<string, number>;
}

/** A post taken apart. */
export interface Normalised {
  /** What is left to read: without addresses and emoji, hashtags and mentions as words. */
  text: string;
  /** Emoji, each with its skin tone and joined parts. */
  emoji: string[];
  /** Hashtags in lower case, without their sign. */
  hashtags: string[];
  /** Names that are mentioned, without their sign. */
  mentions: string[];
  /** Internet addresses as written. */
  urls: string[];
  /** What its viewers are asked to do: `follow`, `save`, `link_in_bio`, ... and the words that say so. English. */
  calls_to_action: { kind: string; text: string }[];
  /** Prices: `$5k` is 5000 `USD`. A sign that several currencies have stands for the most usual one. */
  prices: { text: string; amount: number; currency: string }[];
  /** Discounts in per cent: 20 for `20% off`. */
  discounts_percent: number[];
}

/** How sound is cut into frames; librosa's defaults. */
export interface FrameOptions {
  /** Channels of the samples, which are averaged where one is wanted; default 1. */
  channels?: number;
  /** Samples of a frame; default 2048. */
  nFft?: number;
  /** Samples from one frame to the next; default 512. */
  hopLength?: number;
  /** Samples of the window; default `nFft`. */
  winLength?: number;
  /** Whether frames are centred on their time; default true. */
  center?: boolean;
}

/** Options of the mel spectrogram. */
export interface MelOptions extends FrameOptions {
  /** Bands; default 128. */
  nMels?: number;
  /** Lowest frequency, in Hz; default 0. */
  fmin?: number;
  /** Highest frequency, in Hz; default half the rate. */
  fmax?: number;
  /** Exponent of the magnitudes; default 2. */
  power?: number;
}

/** How sound is cut into frames of which no spectrum is taken; librosa's defaults. */
export interface PlainFrameOptions {
  /** Channels of the samples, which are averaged; default 1. */
  channels?: number;
  /** Samples of a frame; default 2048. */
  frameLength?: number;
  /** Samples from one frame to the next; default 512. */
  hopLength?: number;
  /** Whether frames are centred on their time; default true. */
  center?: boolean;
}

/** Options of tempo and beats; librosa's defaults. */
export interface BeatOptions {
  channels?: number;
  hopLength?: number;
  startBpm?: number;
  stdBpm?: number;
  acSize?: number;
  /** Tempi from here on are not considered; null for no bound. */
  maxTempo?: number | null;
  tightness?: number;
  trim?: boolean;
  bpm?: number;
  /** Whether the samples are an envelope of onsets, a value a frame; the rate is still that of the sound. Default false. */
  onsetEnvelope?: boolean;
}

/** One sound that is heard in a query. */
export interface SoundMatch {
  /** The name under which it was added. */
  id: string;
  /** How sure it is, in [0, 1]. */
  score: number;
  /** Time in the indexed sound at which the query starts, in seconds. */
  offset_s: number;
  /** How many times as fast the query plays. */
  speed_ratio: number;
  /** Landmarks found. */
  matched: number;
  /** Landmarks that the stretch has. */
  expected: number;
}

/** The spectral features of a sound; all have the same frames. */
export interface SpectralFeatures {
  mfcc: Vectors;
  chroma_stft: Vectors;
  spectral_centroid: Vectors;
  spectral_bandwidth: Vectors;
  spectral_rolloff: Vectors;
  spectral_flatness: Vectors;
  spectral_contrast: Vectors;
  zero_crossing_rate: Vectors;
  rms: Vectors;
  onset_strength: Vectors;
}

/**
 * Sound as features: functions on interleaved samples with librosa's names and conventions, frames first. The samples are
 * copied; the work is done off the event loop.
 */
export namespace audio {
  /** Energy in mel bands. */
  function melspectrogram(samples: Float32Array, sampleRate: number, options?: MelOptions): Promise<Vectors>;
  /** Mel-frequency cepstral coefficients. */
  function mfcc(samples: Float32Array, sampleRate: number, options?: MelOptions & { nMfcc?: number; lifter?: number }): Promise<Vectors>;
  /** Energy in the pitch classes from C. */
  function chromaStft(samples: Float32Array, sampleRate: number, options?: FrameOptions & { nChroma?: number; tuning?: number }): Promise<Vectors>;
  /** How far the pitches lie from A = 440 Hz, as a fraction of a semitone. */
  function estimateTuning(
    samples: Float32Array,
    sampleRate: number,
    options?: FrameOptions & { resolution?: number; binsPerOctave?: number; fmin?: number; fmax?: number; threshold?: number },
  ): Promise<number>;
  /** Centre of gravity of the spectrum, in Hz. */
  function spectralCentroid(samples: Float32Array, sampleRate: number, options?: FrameOptions): Promise<Vectors>;
  /** Spread around the centroid, in Hz. */
  function spectralBandwidth(samples: Float32Array, sampleRate: number, options?: FrameOptions & { p?: number }): Promise<Vectors>;
  /** Frequency below which a share of the magnitude lies, in Hz. */
  function spectralRolloff(samples: Float32Array, sampleRate: number, options?: FrameOptions & { rollPercent?: number }): Promise<Vectors>;
  /** Geometric over arithmetic mean of the power spectrum. */
  function spectralFlatness(samples: Float32Array, sampleRate: number, options?: FrameOptions & { amin?: number; power?: number }): Promise<Vectors>;
  /** Peak over valley in octave-wide bands, in dB. */
  function spectralContrast(
    samples: Float32Array,
    sampleRate: number,
    options?: FrameOptions & { fmin?: number; nBands?: number; quantile?: number; linear?: boolean },
  ): Promise<Vectors>;
  /**
   * All that can be read off short-time spectra, from spectra that are computed once. Each array is the one that the function
   * of its name gives; `onset_strength` is what `beatTrack` takes with `onsetEnvelope: true`.
   */
  function spectralFeatures(
    samples: Float32Array,
    sampleRate: number,
    options?: FrameOptions & { nMfcc?: number; nMels?: number; nChroma?: number; tuning?: number; nBands?: number },
  ): Promise<SpectralFeatures>;
  /** Share of neighbouring samples that differ in sign. */
  function zeroCrossingRate(samples: Float32Array, sampleRate: number, options?: PlainFrameOptions): Promise<Vectors>;
  /** Root mean square of each frame. */
  function rms(samples: Float32Array, sampleRate: number, options?: PlainFrameOptions): Promise<Vectors>;
  /** The derivative of features along the frames, with the times that they have. */
  function delta(features: { data: Float32Array; columns: number; timesS?: Float64Array }, options?: { width?: number; order?: number }): Promise<Vectors>;
  /** Powers in decibels, with the times that they have; `topDb: null` lifts nothing. */
  function powerToDb(
    features: { data: Float32Array; columns: number; timesS?: Float64Array },
    options?: { ref?: number | "max"; amin?: number; topDb?: number | null },
  ): Promise<Vectors>;
  /** How much each frame's spectrum rises, in dB. */
  function onsetStrength(
    samples: Float32Array,
    sampleRate: number,
    options?: { channels?: number; hopLength?: number; lag?: number; maxSize?: number; aggregate?: "mean" | "median"; detrend?: boolean },
  ): Promise<Vectors>;
  /** Tempo and beats as librosa gives them. */
  function beatTrack(
    samples: Float32Array,
    sampleRate: number,
    options?: BeatOptions,
  ): Promise<{ tempo_bpm: number | null; beats_s: number[]; frames: number[] }>;
  /** Beats per minute as librosa gives them. */
  function tempo(samples: Float32Array, sampleRate: number, options?: BeatOptions): Promise<number | null>;
  /** Tempo from the sound's own rate, with its confidence, and beats. */
  function rhythm(samples: Float32Array, sampleRate: number, options?: { channels?: number }): Promise<Rhythm>;
  /** Musical key; null where there is none to tell. */
  function key(samples: Float32Array, sampleRate: number, options?: { channels?: number }): Promise<Key | null>;
  /** Regularity of the level (Streich & Herrera 2005), in [0, 10]. */
  function danceability(samples: Float32Array, sampleRate: number, options?: { channels?: number }): Promise<number | null>;
  /** What the sound is made of: speech, music, speech over music, or neither; null without samples. */
  function speechMusic(samples: Float32Array, sampleRate: number, options?: { channels?: number }): Promise<SpeechMusic | null>;
  /** Loudness after EBU R 128; all channels count with their weights. */
  function loudness(
    samples: Float32Array,
    sampleRate: number,
    options?: { channels?: number; mode?: "bs1770" | "pyloudnorm" },
  ): Promise<Loudness>;
  /** Loudness over 0.4 s and over 3 s, ten values a second. */
  function loudnessSeries(
    samples: Float32Array,
    sampleRate: number,
    options?: { channels?: number; mode?: "bs1770" | "pyloudnorm" },
  ): Promise<{ momentary: Vectors; short_term: Vectors }>;
  /**
   * The samples of a sound or video file, interleaved; `sr` is 22050, null is the file's own rate. `offset` and `duration` are
   * seconds; `cutShort` says why the sound ends before the file says.
   */
  function load(
    path: string | URL,
    options?: { sr?: number | null; mono?: boolean; offset?: number; duration?: number; preset?: Preset },
  ): Promise<{ samples: Float32Array; sampleRate: number; channels: number; cutShort: string | null }>;
  /** Every channel at another rate, or with `mono` their mean; the samples have no `timesS`. */
  function resample(
    samples: Float32Array,
    sampleRate: number,
    options: { channels?: number; targetSr: number; mono?: boolean },
  ): Promise<Vectors>;
  /** All channels brought to a level by one gain; the samples have no `timesS`. */
  function normalizeGain(
    samples: Float32Array,
    sampleRate: number,
    options: { channels?: number; peakDbfs: number } | { channels?: number; lufs: number; ceilingDbtp?: number },
  ): Promise<{ samples: Vectors; gain_db: number | null; limited: boolean }>;
  /** The landmarks by which the same sound is found again; `base64` is all of it as text. */
  function fingerprint(
    samples: Float32Array,
    sampleRate: number,
    options?: { channels?: number },
  ): Promise<{ landmarks: Vectors; landmarks_count: number; duration_s: number; base64: string }>;
  /** The fingerprint of sound that is pushed as it comes; the mean of the channels is taken. */
  class Fingerprinter {
    /** `sampleRate` from 1,000 to 768,000. */
    constructor(sampleRate: number, options?: { channels?: number });
    /** Takes interleaved samples. */
    push(samples: Float32Array): void;
    /** What `fingerprint` gives for all that was pushed. It takes nothing more. */
    finish(): { landmarks: Vectors; landmarks_count: number; duration_s: number; base64: string };
  }
  /** Loudness of sound that is pushed as it comes (EBU R 128, mode `bs1770`). */
  class LoudnessMeter {
    /** `sampleRate` from 4,000 to 192,000, at most 16 channels. */
    constructor(sampleRate: number, options?: { channels?: number });
    /** Takes interleaved samples. */
    push(samples: Float32Array): void;
    /** Of the last 0.4 s; null before there were as many, and in digital silence. */
    readonly momentaryLufs: number | null;
    /** Of the last 3 s, in the same way. */
    readonly shortTermLufs: number | null;
    /** Of all that was pushed. */
    readonly integratedLufs: number | null;
    /** What `loudness` gives for all that was pushed. It takes nothing more. */
    finish(): Loudness;
  }
  /** How alike two `trending_sound_hash` are, in [0, 1]. */
  function soundHashSimilarity(a: string, b: string): Promise<number>;
  /** Sounds by their fingerprints: which of them is heard in a clip, and where. */
  class SoundIndex {
    constructor();
    /** Reads what `save` wrote. */
    static load(path: string | URL): Promise<SoundIndex>;
    /** Writes the index to a file. */
    save(path: string | URL): Promise<void>;
    /** Adds a sound, or replaces the one of this name. */
    add(id: string, fingerprint: { base64: string } | string): void;
    /** Takes a sound out; says whether there was one. */
    remove(id: string): boolean;
    /** How many sounds there are. */
    readonly size: number;
    /** The sounds that are heard in it, best first. */
    query(fingerprint: { base64: string } | string, options?: { limit?: number }): Promise<SoundMatch[]>;
  }
}

/** How the fundamental frequency is found. */
export type PitchMethod = "autocorrelation" | "cross_correlation" | "pyin";

/** Variation of the period; ratios to the mean period but for `local_absolute_s`, in seconds. */
export interface Jitter {
  local: number;
  local_absolute_s: number;
  rap: number | null;
  ppq5: number | null;
  ddp: number | null;
}

/** Variation of the amplitude; ratios to the mean amplitude but for `local_db`, in dB. */
export interface Shimmer {
  local: number;
  local_db: number;
  apq3: number | null;
  apq5: number | null;
  apq11: number | null;
  dda: number | null;
}

/** A picture: 8-bit samples, row after row without gaps. */
export interface Pixels {
  /** `width * height * channels` samples. */
  data: Uint8Array | Uint8ClampedArray;
  /** Columns. */
  width: number;
  /** Rows. */
  height: number;
  /** 1 for gray, 3 for RGB (the default), 4 for RGBA, whose transparency is left out. */
  channels?: 1 | 3 | 4;
}

/** A face in a picture. */
export interface FaceBox {
  /** Left, top, right, bottom, in pixels. */
  box: [number, number, number, number];
  /** How sure the detector is, in [0, 1]. */
  score: number;
  /** Right eye, left eye, tip of the nose, corners of the mouth; null where the detector gives none. */
  landmarks: [number, number][] | null;
  /** What it seems to show; null unless it was asked for. */
  expression: {
    label: "anger" | "contempt" | "disgust" | "fear" | "happiness" | "neutral" | "sadness" | "surprise";
    /** In the order above; together 1. */
    probabilities: number[];
    /** In [-1, 1]; null where the model does not give it. */
    valence: number | null;
    arousal: number | null;
  } | null;
}

/** A line of text in a picture. */
export interface TextBox {
  /** What it says. */
  text: string;
  /** How sure the recognition is, in [0, 1]. */
  confidence: number;
  /** Left, top, right, bottom, in pixels. */
  box: [number, number, number, number];
}

/** Where one shot ends and the next begins. */
export interface Cut {
  /** Number of the first frame of the new shot. */
  frame: number;
  /** Its presentation time, in seconds. */
  time_s: number;
  /** How; PySceneDetect's detectors do not tell, and say `"cut"` of all but fades. */
  kind: "cut" | "dissolve" | "fade";
  /** The first frame that is not of the old shot alone, and its time. */
  start_frame: number;
  start_s: number;
  /** The first frame that is of the new shot alone, and its time. */
  end_frame: number;
  end_s: number;
}

/** What a codec says of the motion in a file. */
export interface MotionVectors {
  /** Columns of the upright picture. */
  width: number;
  /** Rows of the upright picture. */
  height: number;
  /** The pictures in presentation order. */
  pictures: {
    frame: number;
    time_s: number;
    /** Coded by itself, from pictures before it, or from pictures before and after it. */
    kind: "I" | "P" | "B" | null;
    /** Blocks that were predicted. */
    blocks: number;
    /** Time of the picture that motion is told from; P pictures alone have it, and what follows. */
    from_s: number | null;
    /** Mean motion in diagonals per second. */
    intensity: number | null;
    /** Its parts by direction: eight, counter-clockwise from right. */
    directions: number[] | null;
    /** Motion of the camera; `shake` is left 0. */
    camera: CameraMotion | null;
  }[];
  /** Why the pictures end before the file says, if they do. */
  cut_short: string | null;
  /**
   * With `blocks: true`, 8 numbers a block: the place of its picture in `pictures`, -1 where it was predicted from an earlier picture or 1
   * from a later one, its centre (x, y), width and height, and how far what it shows moved (dx, dy), in pixels to the right and down.
   */
  blocks?: Vectors;
}

/** Where the shots of a file are. */
export interface ShotsFound {
  /** First frames of all shots but the first. */
  cuts: Cut[];
  /** The shots, without gap. */
  shots: { start_s: number; end_s: number; start_frame: number; end_frame: number }[];
  /** Frames decoded. */
  frames: number;
  /** Why the pictures end before the file says, if they do. */
  cut_short: string | null;
  /** Time of each frame; only with `metrics: true`. */
  times_s?: number[];
  /** What the detector measured of each frame, null where nothing; only with `metrics: true`. */
  metrics?: Record<string, (number | null)[]>;
}

/** What a video is found again by. */
export interface VideoFingerprint {
  /** What `compareFingerprints` takes. */
  base64: string;
  /** The samples, in the order of their time. */
  samples: { time_s: number; pdq: string; quality: number }[];
}

/** How two videos match. */
export interface CopyMatch {
  /** Whether one is, or contains, a copy of the other or of a part of it. */
  is_copy: boolean;
  /** Share of the first one's telling samples that the other has. */
  share: number;
  /** Share of the other's that the first one has. */
  other_share: number;
  /** Of the samples that stand at a time that both have, the share that match. */
  overlap_share: number;
  /** Seconds from a moment of the first to the same moment of the other. */
  offset_s: number;
  /** Samples that match. */
  matched: number;
  /** Mean distance of those, in bits of 256. */
  distance: number;
  /** Distance of the two that match best. */
  best_distance: number;
  /** Whether one is mirrored left to right. */
  mirrored: boolean;
}

/** What a call on a file may cost, and who watches and stops it: it rejects with `TIMEOUT` once `limits.maxWallS` is over. */
export interface FileCall extends Watched {
  limits?: Limits | null;
}

/** How a file's pictures are decoded. */
export interface FileOptions extends FileCall {
  preset?: Preset;
  /** Threads of the decoder, 0 to 1024; they change no result. */
  threads?: number;
}

/** How long a shot must be: a whole number of frames, or seconds as a fraction (`0.6`) or a text (`"1s"`). */
export type SceneLength = number | `${number}s`;

/** How much each part of the change counts; `deltaHue`, `deltaSat` and `deltaLum` are 1 where they are not said, `deltaEdges` 0. */
export interface Weights {
  deltaHue?: number;
  deltaSat?: number;
  deltaLum?: number;
  deltaEdges?: number;
}

/** A detector of shots with its settings, which are PySceneDetect's, with its defaults; ours has none. */
export type ShotDetector =
  | { detector?: "default" }
  | {
      detector: "content";
      /** 27. */
      threshold?: number;
      minSceneLen?: SceneLength;
      weights?: Weights;
      /** Odd, at least 3; follows the picture where absent. */
      kernelSize?: number;
      filterMode?: "merge" | "suppress";
      measureEdges?: boolean;
    }
  | {
      detector: "adaptive";
      /** 3. */
      adaptiveThreshold?: number;
      minSceneLen?: SceneLength;
      /** Frames on either side, 1 to 1000; 2. */
      windowWidth?: number;
      /** 15. */
      minContentVal?: number;
      weights?: Weights;
      kernelSize?: number;
      measureEdges?: boolean;
    }
  | {
      detector: "histogram";
      /** 0.2. */
      threshold?: number;
      /** 1 to 256; 128. */
      bins?: number;
      minSceneLen?: SceneLength;
    }
  | {
      detector: "threshold";
      /** 12. */
      threshold?: number;
      minSceneLen?: SceneLength;
      /** Where between fading out and in the cut is, -1 to 1; 0. */
      fadeBias?: number;
      addFinalScene?: boolean;
      method?: "floor" | "ceiling";
      minOutLength?: SceneLength;
    }
  | {
      detector: "hash";
      /** 0.35. */
      threshold?: number;
      /** 8. */
      size?: number;
      /** 2. */
      lowpass?: number;
      minSceneLen?: SceneLength;
    };

/**
 * Vision as features: functions on pictures and on files. Hashes are hexadecimal text, bit by bit those of Python's imagehash.
 *
 * What is no picture rejects with `INVALID_INPUT`, a setting that is out of range with `INVALID_CONFIG` and its name. Functions on files
 * also reject with `NOT_FOUND`, `INVALID_INPUT` for a file without pictures, `UNSUPPORTED_FORMAT`, `DECODE_FAILED`, `LIMIT_EXCEEDED`,
 * `TIMEOUT`, and `CANCELLED` by their signal.
 *
 * ```js
 * const { cuts } = await vision.detectShots("clip.mp4", { detector: "content", threshold: 20, minSceneLen: "0.6s" });
 * ```
 */
export namespace vision {
  /** Which of `hashSize` times `hashSize` (2 to 256; 8) parts are brighter than the mean. */
  function averageHash(image: Pixels, options?: { hashSize?: number }): Promise<string>;
  /** Which parts are brighter than their left neighbour. */
  function dhash(image: Pixels, options?: { hashSize?: number }): Promise<string>;
  /** Which parts are brighter than the one above. */
  function dhashVertical(image: Pixels, options?: { hashSize?: number }): Promise<string>;
  /** Which low frequencies are above their median. */
  function phash(image: Pixels, options?: { hashSize?: number }): Promise<string>;
  /** Frequencies along the rows alone, against their mean. */
  function phashSimple(image: Pixels, options?: { hashSize?: number }): Promise<string>;
  /** Which low Haar wavelet coefficients are above their median; `hashSize` is a power of two. */
  function whash(image: Pixels, options?: { hashSize?: number }): Promise<string>;
  /** Shares of black, gray and twelve hues, `binbits` bits (1 to 16; 3) each. */
  function colorhash(image: Pixels, options?: { binbits?: number }): Promise<string>;
  /**
   * PDQ (ThreatExchange, 2019) of 256 bits, with its quality from 0 to 100: two pictures match within 31 bits where both have 50 or more.
   */
  function pdq(image: Pixels): Promise<{ hash: string; quality: number }>;
  /**
   * PDQ of a picture and of its seven mirrored and turned versions: as it is, turned a quarter, half and three quarters
   * counter-clockwise, flipped top to bottom, left to right, along the main diagonal and the other.
   */
  function pdqDihedral(image: Pixels): Promise<{ hash: string; quality: number }[]>;
  /** How many bits of two hashes differ. */
  function hashDistance(a: string, b: string): number;
  /**
   * Dense motion from one picture to the next (Farneback 2003), in pixels to the right (`dx`) and down (`dy`): in preset `reference` as
   * OpenCV's calcOpticalFlowFarneback, in `balanced` at half the size, in `fast` at a quarter. Colours are taken in the gray of OpenCV's
   * COLOR_RGB2GRAY. Pictures of two sizes reject with `INVALID_INPUT`.
   */
  function opticalFlow(
    a: Pixels,
    b: Pixels,
    options?: {
      preset?: Preset;
      pyrScale?: number;
      levels?: number;
      winsize?: number;
      iterations?: number;
      polyN?: number;
      polySigma?: number;
      gaussian?: boolean;
    },
  ): Promise<{ dx: Vectors; dy: Vectors }>;
  /**
   * Faces by YuNet (Wu, Peng & Yu 2023) or UltraFace, the surest first, with `expressions` what each seems to show by a model of
   * HSEmotion's kind; `UNAVAILABLE` says which file it looked for, and where. `longestSide` is 32 to 4096 pixels (640), `leastScore` 0
   * to 1, `threads` 0 for all cores (1). What was loaded stays loaded for the next call with the same settings.
   */
  function detectFaces(
    image: Pixels,
    options?: {
      model?: "auto" | "yunet" | "ultraface";
      longestSide?: number;
      leastScore?: number;
      threads?: number;
      expressions?: boolean;
    },
  ): Promise<FaceBox[]>;
  /**
   * Lines of text in a picture, in reading order, by tesseract or PP-OCR (its detector and recogniser through ONNX Runtime, whose files
   * the host has); `auto` is tesseract where it is there, else PP-OCR. `language` is an ISO 639-1 code or tesseract's own name, several
   * as `"en+de"`; none is English; for PP-OCR how the name of the recogniser's file begins. `UNAVAILABLE` says what to install.
   * `longestSide` is 64 to 8192 pixels (2560). What was loaded stays loaded for the next call with the same settings.
   */
  function readText(
    image: Pixels,
    options?: { engine?: "auto" | "tesseract" | "ppocr"; language?: string; longestSide?: number },
  ): Promise<TextBox[]>;
  /** Shots of a video file, by our detector or one of PySceneDetect's; with preset `reference` frames are numbered as there. */
  function detectShots(
    path: string | URL,
    options?: FileOptions & ShotDetector & { metrics?: boolean },
  ): Promise<ShotsFound>;
  /**
   * Motion as the codec coded it, at little more than decoding. H.264, MPEG-4 and MPEG-2 give it; HEVC, VP9 and AV1 reject with
   * `UNAVAILABLE`. `blocks` adds the blocks; `intervalS` gives P pictures alone, so far apart.
   */
  function motionVectors(
    path: string | URL,
    options?: FileCall & { intervalS?: number; blocks?: boolean },
  ): Promise<MotionVectors>;
  /** What a video or picture is found again by; after vPDQ (ThreatExchange, 2021). `intervalS` is 0.1 to 3600 seconds (0.125). */
  function fingerprint(path: string | URL, options?: FileOptions & { intervalS?: number }): Promise<VideoFingerprint>;
  /** Whether one video is a copy of the other: cropped, mirrored, greyed, framed, trimmed or encoded again. */
  function compareFingerprints(a: VideoFingerprint | string, b: VideoFingerprint | string): Promise<CopyMatch>;
  /** The pairs of copies among some videos: `a` and `b` are their places in the list. Compares each with each. */
  function findCopies(
    prints: readonly (VideoFingerprint | string)[],
    options?: Watched,
  ): Promise<({ a: number; b: number } & CopyMatch)[]>;
  /**
   * Pictures (1 to 400; 20) of a video with their times, each `cellWidth` (8 to 4096; 160) pixels wide, as a PNG. By `"shots"` (the default)
   * one of each shot of `detectShots`, near its middle and clear of dissolves and fades: of more shots than pictures some at even distances;
   * where there is room, long shots have further ones. By `"time"` at even distances in time.
   */
  function contactSheet(
    path: string | URL,
    options?: FileOptions & { pictures?: number; by?: "shots" | "time"; columns?: number; cellWidth?: number },
  ): Promise<{ png: Uint8Array; width: number; height: number; times_s: number[] }>;
}

/** A clip, as the specification has it; other keys are kept. */
export interface Clip {
  id: string;
  title?: string;
  platform?: string;
  views?: number | string | null;
  views_last_24h?: number | string | null;
  likes?: number | string | null;
  comments?: number | string | null;
  shares?: number | string | null;
  age_hours?: number | null;
  growth_6h?: number | null;
  url?: string | null;
  channel?: string | null;
  /** Why a count is unknown, by its key. */
  missing?: Record<string, string>;
  scores?: { virality?: number | null; relevance?: number | null; final_score?: number | null };
  metadata?: Record<string, unknown>;
  [key: string]: unknown;
}

/** A clip with its score and the reasons. */
export interface ScoredClip {
  /** The clip, its scores written in. */
  clip: Clip & { scores: { virality: number | null; relevance: number | null; final_score: number | null } };
  /** What the model says; null where views are unknown. */
  virality: {
    probability: number;
    interval: [number, number];
    new_views: number;
    basis: "pace" | "age" | "counts";
    out_of_range: boolean;
  } | null;
  /** What each feature adds; together the final score. */
  contributions: { feature: string; value: number | null; contribution: number }[];
  /** Filtered values that are unknown. */
  unknown: string[];
  /** The reasons in words. */
  explanation: string;
}

/** A model that this release knows. */
export interface KnownModel {
  name: string;
  /** What it does, and what uses it. */
  what: string;
  /** The licence of its weights. */
  licence: string;
  /** The page it comes from. */
  source: string;
  /** Whether its files lie in a folder of its name. */
  folder: boolean;
  inputs: string[];
  outputs: string[];
  /** Why it cannot be fetched. */
  note: string | null;
  files: { name: string; bytes: number | null; sha256: string | null; url: string | null }[];
  /** Its file, or the folder of its files; null where it is not there. */
  path: string | null;
  can_be_pulled: boolean;
}

/** Where models are. */
export interface ModelPlace {
  /** Else the directories of `VIRALNOW_MODELS`, then `viralnow/models` in the user's cache, last the Python package rapidocr-onnxruntime's. */
  dir?: string | URL;
  /** A JSON file of models of one's own, in the form of {@link KnownModel}. */
  manifest?: string | URL;
}

/** Watching and stopping a call that takes long. */
export interface Watched {
  signal?: AbortSignal | null;
  onProgress?: ((progress: Progress) => void) | null;
}

/** The models that this release knows. Nothing is fetched unless `pull` is called. */
export namespace models {
  /** Which are known, where they are, and where they are looked for. */
  function list(options?: ModelPlace): Promise<{ directories: string[]; models: KnownModel[] }>;
  /** The model's file, or the folder of its files; rejects with `UNAVAILABLE`, what is missing and the way out. */
  function where(name: string, options?: ModelPlace): Promise<string>;
  /** Reads the model's files and compares their checksums. */
  function verify(
    name: string,
    options?: ModelPlace & Watched,
  ): Promise<{
    model: string;
    good: boolean;
    files: {
      name: string;
      path: string;
      state: "good" | "missing" | "different" | "unknown";
      sha256: string | null;
      bytes: number | null;
    }[];
  }>;
  /**
   * Fetches those files of the model that are not there or not right, over HTTPS. A file takes its name only once its checksum
   * is right; what came of a call that was stopped stays as `NAME.part`, and the next call goes on from there.
   */
  function pull(
    name: string,
    options?: ModelPlace & Watched & { tries?: number; timeoutS?: number },
  ): Promise<{ path: string; kept: string[]; fetched: string[]; bytes: number; resumed: number }>;
}

/** What was seen of a clip over time. */
export interface ClipHistory {
  platform: string;
  id: string;
  snapshots: { time: string; views?: number; likes?: number; comments?: number; shares?: number; saves?: number }[];
}

/** What scoring takes beside the clips. */
export interface ClipOptions {
  /** The content of `viral_clips_config.json`. */
  config?: Record<string, unknown>;
  histories?: ClipHistory[];
  /** The moment of scoring; now where absent. */
  now?: Date | string;
}

/** Which clips of a store are asked for; an unknown value passes, and is named in `unknown`, unless `strict`. */
export interface ClipQuery {
  platforms?: string[];
  /** The source's own niche, or a niche keyword that was found. */
  niche?: string;
  minScore?: number;
  maxScore?: number;
  /** Published within so many hours. */
  hours?: number;
  /** The least growth in six hours. */
  minGrowth?: number;
  minViews?: number;
  /** At least one of these words or phrases. */
  keywords?: string[];
  /** All of these words; `"in quotes"` one after the other, `gam*` as a beginning. */
  search?: string;
  order?: "score" | "growth" | "views" | "newest";
  ascending?: boolean;
  limit?: number;
  offset?: number;
  strict?: boolean;
  /** The moment that `hours` counts back from. */
  now?: Date | string;
}

/** What a put did; the same put again changes nothing. */
export interface StorePut {
  new: number;
  updated: number;
  unchanged: number;
  snapshots: number;
  /** Clips that were not taken: there is a snapshot of the very same moment with other counts. */
  conflicts: number;
  reasons: string[];
  left_out: number;
}

/** What fetching takes beside the query. */
export interface FetchOptions {
  /** The key or token; else that in `VIRALNOW_YOUTUBE_KEY`, `VIRALNOW_TIKTOK_RESEARCH_TOKEN`, `VIRALNOW_TIKTOK_DISPLAY_TOKEN`,
   * `VIRALNOW_INSTAGRAM_TOKEN` or `VIRALNOW_X_TOKEN`. */
  token?: string;
  /** Where to go on: `next` of an earlier fetch. */
  cursor?: string;
  /** 10 by default. */
  maxPages?: number;
  /** No further page is asked for once there are so many. */
  maxClips?: number;
  /** Where the platform answers, for a proxy or a test. Over http only to this machine. */
  baseUrl?: string;
  /** Seconds for one request; 30 by default. */
  timeoutS?: number;
  maxResponseBytes?: number;
  /** Seconds for the whole fetch; what came until then is kept. */
  maxWallS?: number;
  /** Aborted, the fetch rejects with `CANCELLED`, and what came is lost. */
  signal?: AbortSignal;
  /** When a request is tried again. */
  retry?: { tries?: number; baseS?: number; mostS?: number; maxWaitS?: number };
  /** The key or token in the address (true) or in a header (false); by default in a header, but with Instagram. */
  tokenInQuery?: boolean;
}

/** What was fetched, whether or not all went well. */
export interface Fetched {
  clips: Clip[];
  /** What `find` takes as `histories`. */
  snapshots: ClipHistory[];
  pages: number;
  /** What it has cost, and what is left; null is unknown, and `missing` says why. */
  usage: {
    requests: number;
    retries: number;
    units: number;
    records: number;
    limit: number | null;
    remaining: number | null;
    resets_at: string | null;
    used_percent: number | null;
    waited_s: number;
    missing: Record<string, string>;
  };
  left_out: number;
  reasons: string[];
  /** The cursor to go on from; null at the end. */
  next: string | null;
  /** Why it ended early; what came before is kept. */
  stopped_by: { code: ErrorCode; message: string; retryable: boolean; context: Record<string, string> } | null;
}

/** Trending clips: score, filter, take copies out, rank; the weekly loop; how it would have done. */
export namespace clips {
  /**
   * Clips from a platform, off the event loop. What goes wrong on the way is `stopped_by`, beside what came; a wrong query or a
   * missing token rejects. The query's keys are the interface's, such as `page_size`.
   */
  function fetch(source: "youtube", query?: { region?: string; category?: string; page_size?: number; ids?: string[] }, options?: FetchOptions): Promise<Fetched>;
  /** For approved researchers of non-profit institutions alone. */
  function fetch(
    source: "tiktok_research",
    query: {
      start_date: string;
      end_date: string;
      hashtags?: string[];
      keywords?: string[];
      regions?: string[];
      usernames?: string[];
      query?: Record<string, unknown>;
      page_size?: number;
    },
    options?: FetchOptions,
  ): Promise<Fetched>;
  /** The user's own videos. */
  function fetch(source: "tiktok_display", query?: { ids?: string[]; page_size?: number }, options?: FetchOptions): Promise<Fetched>;
  /** What is under a hashtag; without one, one's own media. */
  function fetch(
    source: "instagram",
    query: {
      user_id: string;
      hashtag?: string;
      hashtag_id?: string;
      edge?: "top_media" | "recent_media";
      insights?: boolean;
      page_size?: number;
    },
    options?: FetchOptions,
  ): Promise<Fetched>;
  /** Recent posts, in X's own query language. */
  function fetch(
    source: "x",
    query: {
      query: string;
      page_size?: number;
      sort_order?: "recency" | "relevancy";
      start_time?: string;
      since_id?: string;
      field_names?: "tweet" | "post";
    },
    options?: FetchOptions,
  ): Promise<Fetched>;
  /** Clips of what `yt-dlp -J` (or `-j`) printed: a file, or the text. */
  function readYtdlp(
    source: string | URL | { text: string },
  ): Promise<{ clips: Clip[]; snapshots: ClipHistory[]; left_out: number; reasons: string[] }>;
  /** The ranked list. `hashes` are phashes of the clips' pictures in their order; `sounds` and `videos` fingerprints as base64. */
  function find(
    clips: readonly Clip[],
    options?: ClipOptions & {
      hashes?: (string | null)[];
      sounds?: (string | null)[];
      videos?: (string | null)[];
      duplicates?: {
        hash_radius?: number | null;
        title_similarity?: number | null;
        sound_share?: number | null;
        largest_cluster?: number;
      };
    },
  ): Promise<{
    clips: ScoredClip[];
    summary: { total_clips: number; filtered_clips: number; processing_time: number; timestamp: string } & Record<string, unknown>;
    copies: { clip: string; copies: string[] }[];
  }>;
  /** The clips scored among each other, in their order. */
  function score(clips: readonly Clip[], options?: ClipOptions): Promise<ScoredClip[]>;
  /** The scored clip that the one at place `at` would be among the others with some of its keys changed: twice the likes, or of today. */
  function whatIf(clips: readonly Clip[], at: number, change: Partial<Clip>, options?: ClipOptions): Promise<ScoredClip>;
  /**
   * The best of each niche, of clips in the order in which `find` gave them: the clip's own niche where it is known, else every keyword
   * that was found in it. `most` of each, 10 by default.
   */
  function leaderboard(clips: readonly ScoredClip[], options?: { most?: number }): Promise<Record<string, ScoredClip[]>>;
  /**
   * How far each clip stands out of its own channel: its views over the median of the channel's clips; null where the channel or the
   * views are unknown, or the channel has fewer than three clips.
   */
  function outlierScores(clips: readonly Clip[]): Promise<(number | null)[]>;
  /** Clips from a file: the specification's JSON, JSON Lines, CSV, XLSX or Parquet. */
  function read(path: string | URL): Promise<{ clips: Clip[]; left_out: number; reasons: string[] }>;
  /** Writes scored clips as `.json` (the specification's document), `.jsonl`, `.csv`, `.xlsx` or `.parquet`. */
  function write(clips: readonly ScoredClip[], path: string | URL, options?: { summary?: unknown }): Promise<void>;
  /** How this ranking and others would have done on a CSV table of daily lists. */
  function backtest(
    path: string | URL,
    options?: { heldOut?: boolean },
  ): Promise<
    {
      file: string;
      objective: "gain" | "growth";
      method: string;
      task: "A" | "B";
      rows: number;
      days: number;
      p_at_10: number;
      auc: number;
      spearman: number;
      ndcg_20: number;
      ece: number | null;
      ci_low: number;
      ci_high: number;
    }[]
  >;
  /**
   * How the weekly loop would have done on such a table: precision at a tenth of each week from the second on, with the weights learned
   * before it and with the first ones. The outcomes of week `poisoned` (from 0) are turned around before it is learned from.
   */
  function weeklyBacktest(
    path: string | URL,
    options?: { objective?: "gain" | "growth"; prior?: number[]; poisoned?: number },
  ): Promise<{
    learned: number[];
    fixed: number[];
    mean: { learned: number; fixed: number };
    log: (Record<string, unknown> & { accepted: boolean })[];
  }>;
  /** Two captions against each other: which is better, and whether to stop; `least` is the difference in rate that is not cared about. */
  function abTest(
    first: { shown: number; taken: number },
    second: { shown: number; taken: number },
    options?: { least?: number },
  ): Promise<{ second_is_better: number; loss: [number, number]; rates: [number, number]; keep: number | null }>;
  /** The platform and id of a post's address, the same for all its forms; null of what is no address. */
  function canonicalUrl(url: string): Promise<string | null>;
  /** The configuration with its defaults; the error names everything that is wrong with it at once. */
  function checkConfig(config: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** One step of the weekly loop; `state` is what the last step gave. */
  function learn(
    week: string,
    lists: readonly { features: (number | null)[][]; outcomes: (number | null)[] }[],
    options?: { state?: unknown; prior?: number[] },
  ): Promise<{ state: unknown; weights: number[]; refit: Record<string, unknown> & { accepted: boolean } }>;
  /**
   * Scores of clips by what `learn` learned: weighted percentiles among each other of the five values of each. With a `seed`, by weights
   * drawn from what the weeks leave open (Thompson sampling), for hosts that learn only of what they show.
   */
  function explore(features: readonly (number | null)[][], options?: { state?: unknown; seed?: number }): Promise<number[]>;
  /** Goes back to the weights before the last week, and forgets it. */
  function rollBack(state: unknown): Promise<{ state: unknown; weights: number[] }>;

  /** Clips as a table: the columns by name, null where unknown; `rest` is what has no column, as JSON. */
  function columns(clips: readonly (Clip | ScoredClip)[]): Promise<Record<string, (string | number | null)[]>>;
  /** Writes the clips of one file as another, both by their names; memory does not grow with them. */
  function convert(path: string | URL, to: string | URL): Promise<{ written: number; left_out: number; reasons: string[] }>;
  /**
   * Writes what was seen of clips at a moment into the store at this path (one SQLite file, made where it is not there): their newest
   * look, and a snapshot of their counts. Without `at` it is when each was scored, or now.
   */
  function storePut(path: string | URL, clips: readonly (Clip | ScoredClip)[], options?: { at?: Date | string }): Promise<StorePut>;
  /** Puts the clips of a file, a few thousand at a time. */
  function storeImport(path: string | URL, file: string | URL, options?: { at?: Date | string }): Promise<StorePut>;
  /** The clips that are asked for; `total` is their number without the limit. */
  function storeQuery(
    path: string | URL,
    options?: ClipQuery,
  ): Promise<{ clips: Clip[]; unknown: string[][]; explanations: string[]; total: number }>;
  /** The store, or what a query asks for, in numbers. */
  function storeSummary(
    path: string | URL,
    options?: ClipQuery,
  ): Promise<{ total_clips: number; filtered_clips: number; processing_time: number; timestamp: string } & Record<string, unknown>>;
  /** Writes the clips that are asked for as `json`, `jsonl`, `csv`, `xlsx` or `parquet`; memory does not grow with them. */
  function storeExport(path: string | URL, to: string | URL, options?: ClipQuery & { format?: string }): Promise<{ written: number }>;
  /** What was seen of these clips over time, as `find` and `score` take it. */
  function storeHistories(path: string | URL, clips: readonly Clip[]): Promise<ClipHistory[]>;
  /** One step of the weekly loop on the state of this name in the store; a week is learned once. */
  function storeLearn(
    path: string | URL,
    week: string,
    lists: readonly { features: (number | null)[][]; outcomes: (number | null)[] }[],
    options?: { name?: string; prior?: number[] },
  ): Promise<{ weights: number[]; refit: Record<string, unknown> & { accepted: boolean }; log: Record<string, unknown>[] }>;
  /** Removes every trace of a clip; says whether there was one. */
  function storeErase(path: string | URL, platform: string, id: string): Promise<boolean>;
}

/**
 * What the monitor's log is asked about: the last `hours` or from `fromUs` on, not both (`INVALID_INPUT`), until `toUs`; without them all of it.
 */
export interface LogRange {
  /** The file of a log; by default the running monitor's. */
  path?: string | URL;
  /** The last so many hours: 0 to 1,000,000. Excludes `fromUs`. */
  hours?: number;
  /** From this moment on, in microseconds since 1970. Excludes `hours`. */
  fromUs?: number;
  /** Before this moment, in microseconds since 1970. Goes with either. */
  toUs?: number;
}

/** A call in the log. */
export interface LoggedCall {
  id: number;
  function_name: string;
  module: string;
  /** Where it was given to `monitorAll`; empty and 0 where that is not known. */
  file: string;
  line: number;
  pid: number;
  /** When it began, in microseconds since 1970. */
  start_us: number;
  duration_s: number;
  status: "completed" | "failed" | "cancelled";
  /** Its number in the process, and that of the span around it; 0 for none. */
  span: number;
  parent: number;
  cpu_s: number | null;
  rss_kib: number | null;
  args: string | null;
  result: string | null;
  correlation_id: string | null;
  asset_id: string | null;
  error_kind: string | null;
  error: string | null;
  stack: string | null;
}

/** How a function did. */
export interface FunctionStats {
  function_name: string;
  module: string;
  calls: number;
  errors: number;
  /** The share that did not fail. */
  success_rate: number;
  mean_s: number;
  p50_s: number;
  p95_s: number;
  p99_s: number;
}

/** Failures that are alike: of one function, kind and stack. */
export interface ErrorGroup {
  function_name: string;
  module: string;
  kind: string;
  /** Of the last one. */
  message: string;
  stack: string | null;
  count: number;
  /** When the first and the last one began, in microseconds since 1970. */
  first_us: number;
  last_us: number;
  last_call: number;
}

/** An event in the log. */
export interface LoggedEvent {
  id: number;
  ts_us: number;
  topic: string;
  correlation_id: string;
  data: any;
}

/**
 * Something that happened. The monitor's own topics are `function.started` (where it is asked for), `.completed`, `.failed` and `.cancelled`,
 * `progress.*`, `performance.*`, `alert.*`, `config.*`, `system.*` and `monitor.*`.
 */
export interface MonitorEvent {
  /** Without gaps within a process. */
  seq: number;
  /** Microseconds since 1970. */
  ts_us: number;
  topic: string;
  correlation_id: string;
  /** The span it happened in; 0 outside of spans. */
  span: number;
  data: any;
}

/** So many events were dropped here, for nobody took them in time. */
export interface Lagged {
  lagged: number;
}

/** Events one after the other; ends with the monitor, or when it is closed. */
export interface MonitorStream extends AsyncIterableIterator<MonitorEvent | Lagged> {
  close(): void;
  /** Null once it is closed. */
  stats(): { delivered: number; lagged: number } | null;
}

/** How far a job is; times in seconds, null where they cannot be told yet. */
export interface JobProgress {
  job: string;
  /** The share that is done, in [0, 1]; never goes back. */
  fraction: number;
  step: string;
  step_fraction: number;
  /** Items done, and in all. */
  items: [number, number];
  rate: number | null;
  elapsed_s: number;
  eta_s: number | null;
  eta_low_s: number | null;
  eta_high_s: number | null;
}

/** A step of a job. */
export interface MonitorStep {
  /** The share that is done. */
  set(fraction: number): void;
  setTotal(items: number): void;
  /** So many more items are done; 1 by default. */
  add(items?: number): void;
  /** A job of its own that is this step: what is done of it is done of the step, and cancelling the job around it cancels it. */
  job(name: string, steps: Record<string, number>): MonitorJob;
  finish(): void;
}

/** Work in weighted steps. Its weights are learned from its last runs where the monitor has a log; without a monitor it does nothing. */
export interface MonitorJob {
  step(name: string): MonitorStep;
  progress(): JobProgress | null;
  cancel(): void;
  readonly cancelled: boolean;
  finish(): void;
  fail(): void;
  /** At most ten times a second, and at the end of each step. */
  on(event: "progress", listener: (progress: JobProgress) => void): this;
  off(event: "progress", listener: (progress: JobProgress) => void): this;
}

/** How a function is watched. */
export interface WatchOptions {
  /** In the log; the function's own name by default. */
  name?: string;
  /** Where it stands, such as the name of a file. */
  module?: string;
  /** Its share of a job's time. */
  weight?: number;
  /** What is kept of its arguments: their types by default, `values` as JSON of at most 2,048 characters, redacted as all of the log is. */
  args?: "none" | "types" | "values";
  /** Whether every call tells by an event `function.started` that it begins, where somebody listens for it. */
  started?: boolean;
}

/**
 * Watching the host's own functions: what is recorded never makes the caller wait; a thread of the monitor counts it, tells listeners and
 * writes it to a SQLite log that several processes may share. Nothing is watched before {@link monitoring.start}.
 */
export namespace monitoring {
  /**
   * Starts the process's monitor: with the `path` of a log, or by a `config` (a `monitoring_config.json`, or its content), which
   * brings alerts and a log file as well. With `dashboard` its address comes back.
   */
  function start(options?: {
    path?: string | URL;
    detailDays?: number;
    summaryDays?: number;
    level?: "full" | "aggregate" | "counted" | "off" | { sampled: number };
    adaptive?: boolean;
    flushIntervalS?: number;
    config?: string | URL | Record<string, unknown>;
    /** Settings that go before the config's, now and each time that its file is read again; lists are added to. */
    over?: Record<string, unknown>;
    dashboard?: boolean;
    /** False leaves secrets and personal data in what is told. */
    redact?: boolean;
    /** How long a caller waits when more is recorded than is taken; otherwise it is dropped and counted. */
    blockS?: number;
  }): Promise<{ dashboard: string | null }>;
  /** Writes everything and ends the monitor; null when none runs. */
  function stop(options?: { timeoutS?: number }): Promise<({ complete: boolean } & Record<string, unknown>) | null>;
  /** Waits until everything recorded before is delivered and written. */
  function flush(options?: { timeoutS?: number }): Promise<{ complete: boolean } & Record<string, unknown>>;
  /** How it is; `line` says it in one. */
  function status(): Promise<{ line: string } & Record<string, unknown>>;
  /** What was counted at every place, whatever was dropped: functions of one name that were given to `monitorAll` in two lines are two. */
  function counts(): Promise<
    ({ name: string; module: string; file: string; line: number; calls: number; errors: number } & Record<string, unknown>)[]
  >;
  /** Sets how much is recorded of the functions whose name, or `module.name`, fits (`*` stands for anything), now and later. */
  function setLevel(functions: string, level: "full" | "aggregate" | "counted" | "off" | { sampled: number }): Promise<null>;
  /**
   * A function that is watched, with a promise that settles alike where it gives one (other objects with a `then` are given back as they
   * are, and the call has ended); what it throws is thrown. What a function that gives no promise leaves to a timer belongs, from its
   * second call on, to the span around it. A generator, of either kind, is a span from
   * its first step to its end. Of a class the methods are watched, and it stays the same class. Also a decorator of classes, methods,
   * accessors and fields, of the standard and of TypeScript's `experimentalDecorators`, with options and without.
   */
  function monitorAll<T>(target: T, context: { readonly kind: string; readonly name: string | symbol | undefined }): T | any;
  function monitorAll(target: object, key: string | symbol, descriptor?: PropertyDescriptor): any;
  function monitorAll<F extends ((...args: any[]) => any) | (abstract new (...args: any[]) => any)>(target: F, options?: WatchOptions): F;
  function monitorAll(options: WatchOptions): (target: any, contextOrKey?: any, descriptor?: any) => any;
  /** Runs `work` in a span of this name; spans inside it, through promises too, know it as their parent. */
  function span<T>(name: string, work: () => T, options?: { module?: string; weight?: number; started?: boolean }): T;
  /** The number of the span around what runs now; 0 outside. */
  function currentSpan(): number;
  /**
   * Calls `handler` for every event whose topic fits (`*` is one part, `**` the rest); what comes back ends it. What the handler throws is a
   * warning of the process; after the third time it is not called any more. Up to `capacity` events (1024) wait, then the oldest go.
   */
  function subscribe(pattern: string, handler: (event: MonitorEvent | Lagged) => void, options?: { capacity?: number }): () => void;
  /** The same for `for await`. */
  function stream(pattern: string, options?: { capacity?: number }): MonitorStream;
  /** Begins work in weighted steps. */
  function job(name: string, steps: Record<string, number>): MonitorJob;
  /** Publishes an event of the host's own. */
  function publish(topic: string, data?: unknown): Promise<null>;
  /** Calls in the log, the newest first. */
  function query(
    options?: LogRange & {
      functionName?: string;
      status?: "completed" | "failed" | "cancelled";
      minDurationS?: number;
      errorContains?: string;
      text?: string;
      correlationId?: string;
      order?: "newest" | "oldest" | "slowest";
      /** The `next` of the page before; not with `order: "slowest"`. */
      after?: number;
      /** How many at most: 1 to 10,000, 100 by default. */
      limit?: number;
    },
  ): Promise<{ entries: LoggedCall[]; next: number | null }>;
  /** Calls, errors and percentiles by function. */
  function functions(options?: LogRange): Promise<FunctionStats[]>;
  /** Errors grouped by their stacks. */
  function errors(options?: LogRange): Promise<ErrorGroup[]>;
  /** Events whose topic fits the pattern (`*` is one part, `**` the rest); `limit` of them at most, 100 by default. */
  function events(options?: LogRange & { pattern?: string; limit?: number }): Promise<LoggedEvent[]>;
  /** Removes what is older than it is to be kept; of a log that is named by its path, than these days. */
  function cleanup(options?: { path?: string | URL; detailDays?: number; summaryDays?: number }): Promise<Record<string, unknown>>;
  /** Copies the log while it is written to. */
  function backup(to: string | URL, options?: { path?: string | URL }): Promise<{ written: string }>;
  /** Writes calls for Chrome's trace viewer or Perfetto. */
  function trace(to: string | URL, options?: LogRange): Promise<{ calls: number }>;
  /** The counts as Prometheus reads them. */
  function prometheus(): Promise<string>;
  /** The alerts of the config, and how they stand. */
  function alerts(): Promise<{ states: ({ name: string; phase: string } & Record<string, any>)[] } & Record<string, any>>;
  /** Tells a trial notice to an alert's channels. */
  function alertTrial(name: string): Promise<Record<string, any>>;
  /** The settings in force, which may have been read again, and what is wrong with their file as it is now. */
  function config(): Promise<{ config: Record<string, any>; error: string | null }>;
  /** The address of the dashboard, which starts where it does not run. */
  function dashboard(): Promise<string>;
  /**
   * The dashboard inside of a server of yours, below the path `at`: `app.use("/monitor", monitoring.dashboardHandler())` with Express,
   * `http.createServer(monitoring.dashboardHandler({ at: "/monitor" }))` without anything. It shows the monitor that `start` began, and
   * answers 503 while there is none. It asks for no token: who may see it is your server's affair, as with its other pages.
   */
  function dashboardHandler(options?: {
    at?: string;
  }): (
    req: { method?: string; url?: string; rawHeaders: string[] },
    res: {
      writeHead(status: number, headers?: any): any;
      flushHeaders(): void;
      write(text: string): boolean;
      end(text?: string): any;
      on(event: string, listener: () => void): any;
      off(event: string, listener: () => void): any;
    },
    next?: (error?: any) => void,
  ) => Promise<void>;
  /** What would be taken out of a text before it is written. */
  function redact(text: string): Promise<Record<string, any>>;
}

/** The weekly loop of the content score: what came of the assets moves what each feature counts for. */
export namespace score {
  /**
   * An asset's score by what was learned; once 50 outcomes are known, with an `interval`: where four of five assets of such a score came
   * to lie among those they were listed with, in percent.
   */
  function apply(asset: Analysis | Score, state?: unknown): Promise<Score>;
  /**
   * One step of the weekly loop. Each list has assets that can be compared with each other, and what came of them (null where unknown);
   * `state` is what the last step gave, plain data. Lists of less than ten assets teach nothing.
   */
  function learn(
    week: string,
    lists: readonly { assets: readonly (Analysis | Score)[]; outcomes: readonly (number | null)[] }[],
    options?: { state?: unknown },
  ): Promise<{ state: unknown; points: Record<string, number>; refit: Record<string, unknown> & { accepted: boolean } }>;
  /** Goes back to the points before the last week, and forgets it. */
  function rollBack(state: unknown): Promise<{ state: unknown; points: Record<string, number> }>;
}

/** Voice as features, in the same way. */
export namespace voice {
  /** Where speech is, and the detector that found it. */
  function activity(
    samples: Float32Array,
    sampleRate: number,
    options?: { channels?: number; detector?: "auto" | "embedded" | "silero" },
  ): Promise<{ speech: Segment[]; source: string }>;
  /** Voice activity of sound that is pushed as it comes; the mean of the channels is taken. */
  class ActivityStream {
    /** `sampleRate` from 1,000 to 768,000. */
    constructor(sampleRate: number, options?: { channels?: number; detector?: "auto" | "embedded" | "silero" });
    /** Takes interleaved samples. */
    push(samples: Float32Array): void;
    /** How much the sound of about one second ago is like speech, in [0, 1]; null before there was as much. */
    readonly score: number | null;
    /** What `activity` gives for all that was pushed. It takes nothing more. */
    finish(): { speech: Segment[]; source: string };
  }
  /** How much each moment sounds like speech to the embedded network, in [0, 1], every 16 ms; music may score high too. */
  function activityScores(samples: Float32Array, sampleRate: number, options?: { channels?: number }): Promise<Vectors>;
  /**
   * Who speaks when, without a model file; `segmentation` and `embedding`, paths of two ONNX files, do it by models of the
   * pyannote kind, whose other settings are by default those of pyannote 3.1.
   */
  function diarize(
    samples: Float32Array,
    sampleRate: number,
    options?: {
      channels?: number;
      minSpeakers?: number;
      maxSpeakers?: number;
      segmentation?: string;
      embedding?: string;
      encoding?: "powerset" | "multilabel";
      window?: number;
      shortest?: number;
      same?: number;
      threads?: number;
    },
  ): Promise<{ speakers: Speaker[]; turns: Turn[] }>;
  /**
   * The 88 functionals of eGeMAPSv02 (Eyben et al. 2016) as openSMILE has them, by name; `names` has all 88 in the
   * published order, `missing` the reason for each that is undefined.
   */
  function egemaps(
    samples: Float32Array,
    sampleRate: number,
    options?: { channels?: number },
  ): Promise<{ functionals: Record<string, number>; missing: Record<string, string>; names: string[] }>;
  /** The 25 contours that `egemaps` sums up, every 10 ms; `names` are those of the columns, NaN is undefined. */
  function egemapsLld(
    samples: Float32Array,
    sampleRate: number,
    options?: { channels?: number },
  ): Promise<{ contours: Vectors; names: string[] }>;
  /** Formants by Burg's linear prediction; NaN where a frame has fewer. */
  function formants(
    samples: Float32Array,
    sampleRate: number,
    options?: {
      channels?: number;
      maxFormants?: number;
      ceilingHz?: number;
      windowS?: number;
      preEmphasisHz?: number;
      stepS?: number;
      preset?: Preset;
    },
  ): Promise<{ frequencies_hz: Vectors; bandwidths_hz: Vectors }>;
  /**
   * The fundamental frequency: `f0_hz` [frames, 1] in Hz, NaN where unvoiced, and `voiced` [frames, 1], 1 or 0. `method`:
   * as Praat's "To Pitch (ac)" or "(cc)", or as librosa's pyin, which gives `voiced_prob` [frames, 1] too. The range is 75
   * to 600 Hz, for `pyin` 65.4 to 2093 Hz. The settings from `mostCandidates` on are of the methods of correlation.
   */
  function pitch(
    samples: Float32Array,
    sampleRate: number,
    options?: {
      channels?: number;
      method?: PitchMethod;
      preset?: Preset;
      floorHz?: number;
      ceilingHz?: number;
      stepS?: number;
      mostCandidates?: number;
      voicingThreshold?: number;
      silenceThreshold?: number;
      octaveCost?: number;
      octaveJumpCost?: number;
      voicedUnvoicedCost?: number;
    },
  ): Promise<{ f0_hz: Vectors; voiced: Vectors; voiced_prob?: Vectors }>;
  /** The fundamental frequency by probabilistic YIN, with librosa's settings and frames. */
  function pyin(
    samples: Float32Array,
    sampleRate: number,
    options?: {
      channels?: number;
      fmin?: number;
      fmax?: number;
      frameLength?: number;
      hopLength?: number;
      nThresholds?: number;
      betaParameters?: [number, number];
      boltzmannParameter?: number;
      resolution?: number;
      maxTransitionRate?: number;
      switchProb?: number;
      noTroughProb?: number;
      center?: boolean;
    },
  ): Promise<{ f0_hz: Vectors; voiced: Vectors; voiced_prob: Vectors }>;
  /** Level over time as Praat has it, but in dB relative to full scale; NaN in digital silence. */
  function intensity(
    samples: Float32Array,
    sampleRate: number,
    options?: { channels?: number; floorHz?: number; stepS?: number; subtractMean?: boolean; preset?: Preset },
  ): Promise<Vectors>;
  /** Harmonics-to-noise ratio over time as Praat's "To Harmonicity (cc)" has it, in dB; NaN in silence. */
  function harmonicity(
    samples: Float32Array,
    sampleRate: number,
    options?: { channels?: number; stepS?: number; floorHz?: number; silenceThreshold?: number; preset?: Preset },
  ): Promise<Vectors>;
  /**
   * Jitter and shimmer with Praat's definitions, ratios of which 0.01 is 1 %, and the moments of the cycles in seconds; null
   * where too few cycles stand next to each other.
   */
  function perturbation(
    samples: Float32Array,
    sampleRate: number,
    options?: {
      channels?: number;
      method?: PitchMethod;
      floorHz?: number;
      ceilingHz?: number;
      shortestPeriodS?: number;
      longestPeriodS?: number;
      maxPeriodFactor?: number;
      maxAmplitudeFactor?: number;
    },
  ): Promise<{ pulses_s: number[]; jitter: Jitter | null; shimmer: Shimmer | null }>;
  /** Syllables and the rate of speech, without a transcript: an estimate. Rates are per second; null without speech. */
  function syllables(
    samples: Float32Array,
    sampleRate: number,
    options?: { channels?: number; minDipDb?: number; rangeDb?: number },
  ): Promise<{ nuclei_s: number[]; speaking_rate: number | null; articulation_rate: number | null }>;
}

/** What this build can do, and what it found on this machine. */
export interface Info {
  /** Version of the library. */
  version: string;
  /** Version of the payload's schema. */
  feature_schema_version: string;
  /** Optional features by name, and whether they are built. */
  features: Record<string, boolean>;
  /** Version of FFmpeg's libavcodec in use; null without `video`. */
  ffmpeg: string | null;
  /** Version of ONNX Runtime found; null when there is none that can be used. */
  onnxruntime: string | null;
  /** Where ONNX Runtime was found, or why none can be used; what runs the models in its place, where something does. */
  onnxruntime_note: string;
  /** Version of tesseract found; null when there is none that can be used. */
  tesseract: string | null;
  /** Why no text can be read, or the languages that can, as tesseract names them. */
  tesseract_note: string;
  /** Model files found, by name. */
  models: Record<string, string>;
  /** Versions of the built-in methods, by modality. */
  model_versions: Record<string, string>;
}

/** What this build can do, and what it found on this machine. */
export function info(): Info;

/** One feature of the dictionary. */
export interface FeatureEntry {
  /** Path in the payload, such as `audio.loudness.integrated_lufs`. */
  name: string;
  /** `number`, `string`, `boolean`, `object` or `array`. */
  kind: string;
  /** Unit, such as `Hz`, `s` or `1`; empty for text. */
  unit: string;
  /** Range, such as `[0, 1]`; empty when unbounded. */
  range: string;
  /** What it is. */
  description: string;
  /** Schema version that brought it. */
  since: string;
}

/** Every feature of the payload. */
export function featureDictionary(): FeatureEntry[];

/** JSON Schema (2020-12) of the payload. */
export function jsonSchema(): { [key: string]: JsonValue };

/** The one error of the library. */
export class ViralNowError extends Error {
  constructor(
    message: string,
    details?: { code?: ErrorCode; context?: Record<string, string>; retryable?: boolean; cause?: unknown },
  );
  /** `ViralNowError`; `AbortError` when the code is `CANCELLED`. */
  readonly name: "ViralNowError" | "AbortError";
  /** What to branch on. */
  readonly code: ErrorCode;
  /** Facts, such as the path or the stream. */
  readonly context: Record<string, string>;
  /** Whether the same call may succeed when it is simply tried again. */
  readonly retryable: boolean;
  /** What caused it, if anything. */
  readonly cause?: unknown;
}

// generated by scripts/dts.mjs from here on; do not edit

/** What an error is, the same in every language. */
export type ErrorCode =
  | "INVALID_INPUT"
  | "INVALID_CONFIG"
  | "NOT_FOUND"
  | "PERMISSION_DENIED"
  | "UNSUPPORTED_FORMAT"
  | "UNAVAILABLE"
  | "DECODE_FAILED"
  | "LIMIT_EXCEEDED"
  | "TIMEOUT"
  | "CANCELLED"
  | "IO"
  | "STORAGE"
  | "STORAGE_BUSY"
  | "SCHEMA_MISMATCH"
  | "HOST_FAILED"
  | "INTERNAL"
  | "RATE_LIMITED"
  | "QUOTA_EXCEEDED";

/** Any JSON. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** The features of one asset. */
export interface Payload {
  /** The host's id, or the first 32 hexadecimal digits of the content's SHA-256. */
  asset_id: AssetId;
  /**
   * SHA-256 of the medium alone, 64 hexadecimal digits: of a file what every other tool gives, of samples and frames
   * that of their values. Without a medium that of the text, else that of the cues. Null for live sound.
   */
  content_sha256: string | null;
  /** Ties the payload to the host's job. */
  correlation_id: CorrelationId;
  /** When it was first analysed: RFC 3339, UTC. */
  created_at: string;
  /** Version of this schema. */
  feature_schema_version: string;
  /**
   * SHA-256 of everything that was given: the medium, text and captions (a caption file that was found beside the
   * medium included). Equal to `content_sha256` where there was but one of them. By it the store knows its work again.
   */
  input_sha256: string | null;
  /** Version of the library. */
  library_version: string;
  /** The facts of the file. */
  media: MediaInfo;
  /** What the host knows of the asset. */
  meta: AssetMeta;
  /** Features by modality. */
  modalities: Modalities;
  /** The preset used. */
  preset: Preset;
  /** Why the status is not `complete`. */
  reason?: string;
  /** The content score; null when there was nothing to score. */
  score: Score | null;
  /** Whether everything that the asset has was analysed. */
  status: AssetStatus;
  /** Why this payload is not in the store that it was meant for; never in a stored one. */
  store_error?: PayloadError;
  /** When it was last analysed: RFC 3339, UTC. */
  updated_at: string;
}

/**
 * Which detector told speech from the rest.
 * - `embedded`: The network that the library carries.
 * - `silero`: Silero VAD, through ONNX Runtime.
 */
export type ActivitySource = "embedded" | "silero";

/**
 * Names one asset (a post, a file, a text). Given by the host, or derived from the content: the first 32 hexadecimal
 * digits of its SHA-256, so that the same bytes have the same id everywhere.
 */
export type AssetId = string;

/** What the host knows of an asset beside its content; stored with it, never interpreted. */
export interface AssetMeta {
  /** Where it was published. */
  platform?: Platform;
  /** The post's address. */
  source_url?: string;
  /** The host's user. */
  user_id?: string;
}

/**
 * Whether everything that the asset has was analysed.
 * - `complete`: Yes.
 * - `partial`: A modality that the asset has failed, or was cut short.
 * - `failed`: Nothing could be analysed.
 */
export type AssetStatus = "complete" | "partial" | "failed";

/**
 * Features of the sound. Spectral features are of the 16 kHz mono signal (frames of 2048 samples, 512 apart); loudness
 * is of the stream's own rate and channels.
 */
export interface AudioSummary {
  /** 12 pitch classes from C, each frame's largest 1, in [0, 1]; at the sound's own tuning. */
  chroma: VectorStats | null;
  /**
   * Reciprocal of the mean exponent of detrended fluctuation analysis of the level over 0.31 to 8.8 s (Streich & Herrera
   * 2005), in [0, 10]: the more regular the beat, the larger; commonly 0.7 to 3. It is no sign of music: speech has 1.4.
   */
  danceability: number | null;
  /** Musical key. */
  key: Key | null;
  /** Loudness after EBU R 128. */
  loudness: Loudness;
  /** 20 mel-frequency cepstral coefficients, of the mel spectrogram in dB. */
  mfcc: VectorStats | null;
  /** Slope of the coefficients over 9 frames, per frame (32 ms). */
  mfcc_delta: VectorStats | null;
  /** Curvature of the coefficients over 9 frames, per frame squared. */
  mfcc_delta2: VectorStats | null;
  /** Why a field above is null: field name to reason. */
  missing: Record<string, string>;
  /** Tempo and beats. */
  rhythm: Rhythm | null;
  /** Root mean square, in [0, 1] for unclipped sound. */
  rms: Stats | null;
  /** Spread around the centroid, in Hz. */
  spectral_bandwidth: Stats | null;
  /** Centre of gravity of the spectrum, in Hz. */
  spectral_centroid: Stats | null;
  /** Peak over valley in 7 octave-wide bands, in dB. */
  spectral_contrast: VectorStats | null;
  /**
   * Geometric over arithmetic mean of the power spectrum, in [0, 1]; 1 is a level spectrum; white
   * noise has 0.56, because its power varies from bin to bin.
   */
  spectral_flatness: Stats | null;
  /** Frequency below which 85 % of the magnitude lies, in Hz. */
  spectral_rolloff: Stats | null;
  /** What the sound is made of. */
  speech_music: SpeechMusic | null;
  /**
   * What near-identical sounds share most of: tempo, key, timbre and min-hashes of the landmarks, such as
   * `v1:0b:F#m:a53c:04f7...`; compared with `sound_hash_similarity`. For excerpts and for sounds under speech, ask an
   * index with the vector `landmarks`.
   */
  trending_sound_hash: string | null;
  /**
   * How far the pitches lie from A = 440 Hz, as a fraction of a semitone, in [-0.5, 0.5). A number for speech, too, but
   * one that means nothing.
   */
  tuning: number | null;
  /** Share of neighbouring samples that differ in sign, in [0, 1]. */
  zero_crossing_rate: Stats | null;
}

/** Motion of the camera. */
export interface CameraMotion {
  /** Mean horizontal displacement of the whole picture, in widths per second; positive when the content moves right. */
  pan: number;
  /** Root mean square of what is left of the camera's motion after smoothing, in diagonals per second. */
  shake: number;
  /** Mean vertical displacement, in heights per second; positive when the content moves down. */
  tilt: number;
  /** Mean change of scale per second; positive when the content grows. */
  zoom: number;
}

/**
 * Colour of the sampled frames; values in [0, 1]. Of a high dynamic range (PQ, HLG) as an ordinary screen shows it: white is 203 cd/m² (ITU-R
 * BT.2408), what is brighter or more saturated than that can be is cut off.
 */
export interface Colour {
  /** Mean brightness (HSV value). */
  brightness: number;
  /** Colourfulness (Hasler & Süsstrunk 2003) over 255. */
  colourfulness: number;
  /** Mean red, green and blue. */
  mean_rgb: [number, number, number];
  /** Mean saturation (HSV). */
  saturation: number;
}

/** What one feature adds to the score. */
export interface Contribution {
  /** Points it adds or takes. */
  contribution: number;
  /** Path of the feature in the payload, such as `audio.loudness.integrated_lufs`; `baseline` for the constant. */
  feature: string;
  /** The feature's value; null where it is missing, and then the contribution is 0. */
  value: number | null;
}

/** Ties every span, event, row and log line of one job together. */
export type CorrelationId = string;

/**
 * How one shot follows another.
 * - `cut`: From one frame to the next.
 * - `dissolve`: One picture turns into the other.
 * - `fade`: The picture turns black, white or another flat colour, or the new one comes out of that, or both.
 */
export type CutKind = "cut" | "dissolve" | "fade";

/** One point of the emotion trend: a segment of the transcript. */
export interface EmotionPoint {
  /** VADER's compound score of the segment, in [-1, 1]. */
  compound: number | null;
  /** The strongest emotion. */
  emotion: string;
  /** Its score, in [0, 1]. */
  score: number;
  /** Start of the segment, in seconds. */
  t_s: number;
}

/**
 * What a face may show: the classes of `AffectNet`, in the networks' order.
 * - `anger`: Anger.
 * - `contempt`: Contempt.
 * - `disgust`: Disgust.
 * - `fear`: Fear.
 * - `happiness`: Happiness.
 * - `neutral`: No expression.
 * - `sadness`: Sadness.
 * - `surprise`: Surprise.
 */
export type ExpressionLabel = "anger" | "contempt" | "disgust" | "fear" | "happiness" | "neutral" | "sadness" | "surprise";

/** A stretch with faces. */
export interface FaceSpan {
  /** Mean arousal in [-1, 1]; null without a model. */
  arousal: number | null;
  /** Most faces at once, in a video counted up to 50. */
  count: number;
  /** End, in seconds. */
  end_s: number;
  /** Start, in seconds. */
  start_s: number;
  /** Mean valence in [-1, 1]; null without a model. */
  valence: number | null;
}

/** One face while it is followed from sample to sample; a second out of sight ends it. */
export interface FaceTrack {
  /** Mean arousal in [-1, 1]; null without a model. */
  arousal: number | null;
  /** Left, top, right, bottom in the mean, as shares of the upright picture in [0, 1]. */
  box: [number, number, number, number];
  /** How sure the detector was at best, in [0, 1]. */
  confidence: number;
  /** End, in seconds. */
  end_s: number;
  /** What it shows most likely, over all samples; null without a model. */
  expression: ExpressionLabel | null;
  /** Samples in which it was seen; at least 1. */
  samples: number;
  /** Start, in seconds. */
  start_s: number;
  /** Mean valence in [-1, 1]; null without a model. */
  valence: number | null;
}

/** Formants by linear prediction (Burg, five below 5500 Hz): medians over the voiced frames inside speech. */
export interface FormantSummary {
  /** Bandwidth of the first formant, in Hz. */
  f1_bandwidth_hz: number | null;
  /** First formant, in Hz: high for an open mouth. */
  f1_hz: number | null;
  /** Bandwidth of the second formant, in Hz. */
  f2_bandwidth_hz: number | null;
  /** Second formant, in Hz: high for a tongue in front. */
  f2_hz: number | null;
  /** Bandwidth of the third formant, in Hz. */
  f3_bandwidth_hz: number | null;
  /** Third formant, in Hz. */
  f3_hz: number | null;
}

/** The opening of an asset. */
export interface Hook {
  /** Sub-features by name, each in [0, 1]. */
  features: Record<string, number>;
  /** Seconds before the first word: until the first speech that is heard, else the first caption; null without either. */
  silence_s: number | null;
  /** Words per second in the first 3 s (or all of a shorter asset); null where the text has no times. */
  speaking_rate: number | null;
  /** Weighted sum of the sub-features, in [0, 1]: how much it is written like a hook. It does not predict performance. */
  style: number;
  /** The words it is made of. */
  text: string;
  /** Words in the first 3 s for each shot that is seen in them; null without times or shots. */
  words_per_shot: number | null;
}

/** Level inside speech, in dB relative to full scale. */
export interface Intensity {
  /** Mean. */
  mean_db: number;
  /** Standard deviation. */
  std_db: number;
}

/** Musical key. */
export interface Key {
  /** The next keys, the best first; relatives (C major, A minor) share their notes and often follow each other. */
  alternatives: KeyCandidate[];
  /** How clear the key is, in [0, 1]: how steady the tuning, how close the profile, how large the lead over the next key. */
  confidence: number;
  /** `major` or `minor`. */
  mode: string;
  /** Correlation of the pitch classes with the key's profile, in [-1, 1]. */
  strength: number;
  /** `C`, `C#`, ... `B`. */
  tonic: string;
}

/** A key that fits, too. */
export interface KeyCandidate {
  /** `major` or `minor`. */
  mode: string;
  /** Correlation of the pitch classes with the key's profile, in [-1, 1]. */
  strength: number;
  /** `C`, `C#`, ... `B`. */
  tonic: string;
}

/** A representative frame. */
export interface Keyframe {
  /** Perceptual hash (DCT, 64 bits) as 16 hexadecimal digits; of 32 by 32 pixels at most where no frame of the shot was looked at. */
  phash: string;
  /** Presentation time, in seconds. */
  t_s: number;
}

/** One key phrase (YAKE, Campos 2020). */
export interface Keyword {
  /** The phrase, lower case. */
  phrase: string;
  /** YAKE's score: the lower, the more relevant. */
  score: number;
}

/**
 * Loudness after EBU R 128 / ITU-R BS.1770-4, in every preset; pyloudnorm's own numbers, which differ, are those of
 * [`loudness`](crate::audio::loudness()) in its mode of that name.
 */
export interface Loudness {
  /** Gated loudness of the whole, in LUFS; null below the absolute gate of -70 LUFS and under 0.4 s. */
  integrated_lufs: number | null;
  /** Largest loudness over 0.4 s, in LUFS; null under 0.4 s. */
  momentary_max_lufs: number | null;
  /** Loudness range (EBU Tech 3342), in LU; null under 10 s, where there are not even three windows of 3 s apart. */
  range_lu: number | null;
  /** Whether the range is of 60 s or more; EBU Tech 3341 calls that of less not stable. Null where the range is. */
  range_stable: boolean | null;
  /** Largest loudness over 3 s, in LUFS; null under 3 s. */
  short_term_max_lufs: number | null;
  /** Largest true peak of the channels, in dBTP; null in digital silence. */
  true_peak_dbtp: number | null;
}

/** The facts of a file: from its header, completed by decoding. Absent facts are null. */
export interface MediaInfo {
  /** Decoder's name, such as `aac`. */
  audio_codec: string | null;
  /** Presentation time of the first sample, in seconds. */
  audio_start_s: number | null;
  /** Index of the decoded audio stream in the container. */
  audio_stream: number | null;
  /** Audio streams in the container. */
  audio_streams: number | null;
  /** Bits per sample as coded. */
  bit_depth: number | null;
  /** Size of the file or buffer in bytes. */
  bytes: number | null;
  /** Index of the stream that the embedded captions come from. */
  caption_stream: number | null;
  /** Channels of the decoded sound. */
  channels: number | null;
  /** Container or image format, such as `mov,mp4,m4a,3gp,3g2,mj2`, `wav` or `png`; `raw` for samples given by the host. */
  container: string | null;
  /** Duration that the container claims, in seconds; may count streams that are not decoded. */
  container_duration_s: number | null;
  /** Presentation time of what was decoded, in seconds: the later end of sound and pictures. */
  duration_s: number | null;
  /** Mean frames per second of what was decoded. */
  frame_rate: number | null;
  /** Pictures decoded. */
  frames: number | null;
  /** `pq` or `hlg` for high dynamic range, else null. */
  hdr: string | null;
  /** Rows as shown, after rotation. */
  height: number | null;
  /** What it is. */
  kind: MediaKind;
  /** Layout of the coded samples, such as `yuv420p10le`. */
  pixel_format: string | null;
  /** Quarter turns clockwise from the coded to the shown picture: 0, 90, 180 or 270. */
  rotation_deg: number | null;
  /** Width of a pixel over its height, in the coded orientation; 1 is square. */
  sample_aspect_ratio: number | null;
  /** Samples per second and channel, of the decoded sound. */
  sample_rate_hz: number | null;
  /** Whether the distances between frames differ by more than 1 ms and 10 %. */
  variable_frame_rate: boolean | null;
  /** Decoder's name, such as `h264`. */
  video_codec: string | null;
  /** Presentation time of the first picture, in seconds. */
  video_start_s: number | null;
  /** Index of the decoded video stream in the container. */
  video_stream: number | null;
  /** Video streams in the container, cover pictures not counted. */
  video_streams: number | null;
  /** Columns as shown, after rotation; square pixels are not assumed, see `sample_aspect_ratio`. */
  width: number | null;
}

/**
 * What an input is.
 * - `video`: Moving pictures, with or without sound.
 * - `audio`: Sound alone.
 * - `image`: One picture.
 * - `text`: Text alone.
 */
export type MediaKind = "video" | "audio" | "image" | "text";

/** Features by modality: the four built-in ones, and the host's own under their own names. */
export interface Modalities {
  /** Sound. */
  audio: ModalityResult<AudioSummary>;
  /** Words. */
  text: ModalityResult<TextSummary>;
  /** Pictures. */
  vision: ModalityResult<VisionSummary>;
  /** Speech. */
  voice: ModalityResult<VoiceSummary>;
  /** The host's own, by name. */
  [name: string]: ModalityResult<unknown>;
}

/** The result of one modality. */
export interface ModalityResult<S> {
  /** When it ended. */
  completed_at: string | null;
  /** What failed. */
  error?: PayloadError;
  /** Version of the method. */
  model_version: string;
  /** Why it is unavailable or was cut short. */
  reason?: string;
  /** When it began: RFC 3339, UTC; null when it did not. */
  started_at: string | null;
  /** What became of it. */
  status: ModalityStatus;
  /** The features; null unless complete. */
  summary: S | null;
  /** Where the frame-level features were stored. */
  vectors_uri?: string;
}

/**
 * What became of one modality.
 * - `complete`: Analysed; `reason` says so when it was cut short.
 * - `unavailable`: The asset has no such stream, or this build cannot; `reason` says how to get it.
 * - `failed`: The asset has it, but it could not be analysed; `error` says why.
 * - `skipped`: It was not asked for.
 */
export type ModalityStatus = "complete" | "unavailable" | "failed" | "skipped";

/** How much moves, by block matching between consecutive frames at the sampled moments, in every preset. */
export interface Motion {
  /** Motion of the camera; null where it was not estimated. */
  camera_motion: CameraMotion | null;
  /** Share of the motion in each of 8 directions of 45 degrees, counter-clockwise from right; null without motion. */
  direction_histogram: number[] | null;
  /** Mean displacement, in picture diagonals per second. */
  intensity: number;
  /**
   * What of it the motion of the camera does not explain: people, things and text that move by themselves. In diagonals per second; null
   * where the camera's motion was not estimated. Too low where what moves is only a few blocks large: blocks on its border are found to
   * move with neither.
   */
  local_intensity: number | null;
}

/** A stretch of text on screen. */
export interface OverlayText {
  /** Left, top, right, bottom, as shares of the upright picture in [0, 1]. */
  box: [number, number, number, number];
  /** How sure the recognition is, in [0, 1]. */
  confidence: number;
  /** End, in seconds. */
  end_s: number;
  /** Start, in seconds. */
  start_s: number;
  /** What it says. */
  text: string;
}

/** How fast it is cut. */
export interface Pacing {
  /** Cuts per minute. */
  cuts_per_minute: number;
  /** Length of the first shot, in seconds. */
  first_shot_s: number;
  /** Mean length of a shot, in seconds. */
  mean_shot_s: number;
  /** Median length of a shot, in seconds. */
  median_shot_s: number;
}

/** Gaps of at least 0.2 s between stretches of speech. */
export interface Pauses {
  /** How many. */
  count: number;
  /** The longest, in seconds; null without pauses. */
  longest_s: number | null;
  /** Mean length, in seconds; null without pauses. */
  mean_s: number | null;
  /** Seconds of all of them. */
  total_s: number;
}

/** An [`Error`] as it is kept in a payload. */
export interface PayloadError {
  /** The stable code, such as `DECODE_FAILED`. */
  code: string;
  /** The message with its context. */
  message: string;
  /** Whether trying again may help. */
  retryable: boolean;
}

/** Fundamental frequency by autocorrelation (Boersma 1993), every 10 ms. */
export interface Pitch {
  /** Mean over voiced frames, in Hz. */
  mean_hz: number | null;
  /** Median over voiced frames, in Hz; null without voiced frames. */
  median_hz: number | null;
  /** 10th percentile, in Hz. */
  p10_hz: number | null;
  /** 90th percentile, in Hz. */
  p90_hz: number | null;
  /** Standard deviation, in semitones around the median. */
  std_semitones: number | null;
  /** Share of frames inside speech that are voiced, in [0, 1]; of all frames where no speech was found. */
  voiced_ratio: number | null;
}

/**
 * Where a post was published.
 * - `youtube`: `YouTube`, Shorts included.
 * - `tiktok`: `TikTok`.
 * - `instagram`: Instagram, Reels included.
 * - `x`: X.
 * - `other`: Anywhere else, or unknown.
 */
export type Platform = "youtube" | "tiktok" | "instagram" | "x" | "other";

/**
 * How exact against how fast.
 * - `fast`: May skip non-reference frames and loop filtering. Cut times can move by the skipped frames.
 * - `balanced`: The default: right where the peers are wrong. May skip loop filtering of large H.264 pictures that no other refers to.
 * - `reference`: Bit- or tolerance-level parity with the peers (librosa, `PySceneDetect`, `OpenCV`, imagehash, ...).
 */
export type Preset = "fast" | "balanced" | "reference";

/** How one speaker speaks: of the speech inside the speaker's turns. */
export interface Prosody {
  /** Mean fundamental frequency, in Hz. */
  f0_mean_hz: number | null;
  /** Median fundamental frequency, in Hz; null without voiced frames. */
  f0_median_hz: number | null;
  /** Standard deviation of the fundamental frequency, in semitones around the median. */
  f0_std_semitones: number | null;
  /** Mean level, in dB relative to full scale. */
  intensity_mean_db: number | null;
  /** Standard deviation of the level, in dB. */
  intensity_std_db: number | null;
  /** Mean length of a turn, in seconds. */
  mean_turn_s: number | null;
  /** Share of the turns that is pause, in [0, 1]. */
  pause_ratio: number | null;
  /**
   * First cepstral coefficient of voiced frames, mean: the larger, the more of the energy is at low frequencies; 12.5 is
   * usual near a microphone.
   */
  spectral_tilt: number | null;
  /** How many turns. */
  turns: number;
  /** Share of frames that are voiced, in [0, 1]. */
  voiced_ratio: number | null;
}

/** Readability formulas. Null for text without words. */
export interface Readability {
  /** Automated readability index (1967), in school years. */
  automated_readability_index: number;
  /** Coleman-Liau (1975), in school years. */
  coleman_liau_index: number;
  /** Dale-Chall (1948): up to 4.9 is read easily after four school years, 9 in college, 10 and more after it. */
  dale_chall_readability_score: number | null;
  /** Flesch-Kincaid grade (1975), in US school years. */
  flesch_kincaid_grade: number;
  /** Flesch reading ease (1948); about 0 (hard) to 100 (easy), not bounded. */
  flesch_reading_ease: number;
  /** Gunning fog (1952), in school years. */
  gunning_fog: number;
  /**
   * SMOG (1969), in school years; null under 3 sentences, but for the preset `reference`, which gives it as textstat
   * does.
   */
  smog_index: number | null;
}

/**
 * Tempo and beats. In the preset `reference` the numbers of librosa's `beat_track(y=...)` at 16 kHz; else those of the
 * library's own method at the stream's own rate.
 */
export interface Rhythm {
  /** Mean over the beats of the largest onset strength within 20 ms, over the mean onset strength of all frames. */
  beat_strength: number | null;
  /** Times of the beats, in seconds. */
  beats_s: number[];
  /**
   * 1 minus the coefficient of variation of the beat intervals, in [0, 1]. Beats are known to 10 ms, which leaves 0.99
   * of a perfect clock.
   */
  rhythm_stability: number | null;
  /**
   * Beats per minute; null where the onsets do not come again beyond chance (speech, noise, free rhythm). Music leaves
   * open whether its beat is at this tempo, at its half or at its double.
   */
  tempo_bpm: number | null;
  /**
   * How strongly the onsets come again at each of `tempo_candidates`, in [0, 1]: the mean normalised autocorrelation at
   * one, two and four beats.
   */
  tempo_candidate_strengths: number[];
  /**
   * Tempi that fit, the best first, its half and double among them, in beats per minute. They are given where
   * `tempo_bpm` is null, too.
   */
  tempo_candidates: number[];
  /** How clear the tempo is, in [0, 1]: how far the onsets' autocorrelation at one to eight beats lies above chance. */
  tempo_confidence: number | null;
}

/** The content score of an asset. */
export interface Score {
  /** Whether outcomes have been fed back. Without them the score is a documented prior, not a prediction. */
  calibrated: boolean;
  /** What it is made of; the first entry is the `baseline`. */
  contributions: Contribution[];
  /** 80 % interval of the score; null as long as it is uncalibrated. */
  interval: [number, number] | null;
  /** Version of the weights. */
  model_version: string;
  /** The score, in [0, 100]; the contributions sum to it. */
  viral: number;
}

/** A stretch of time, [start, end) in seconds. */
export interface Segment {
  /** End, in seconds. */
  end_s: number;
  /** Start, in seconds. */
  start_s: number;
}

/** VADER scores (Hutto & Gilbert 2014). */
export interface Sentiment {
  /** Normalised sum, in [-1, 1]. */
  compound: number;
  /** Share of negative words, in [0, 1]. */
  negative: number;
  /** Share of neutral words, in [0, 1]. */
  neutral: number;
  /** Share of positive words, in [0, 1]. */
  positive: number;
}

/** One shot, [start, end) in seconds. */
export interface Shot {
  /** End: the presentation time of the next shot's first frame, or the end of the video. */
  end_s: number;
  /** Most faces at once, in a video counted up to 50; null where faces were not looked for. */
  face_count: number | null;
  /** Whether a face was seen; null where faces were not looked for. */
  faces_present: boolean | null;
  /**
   * Left, top, right, bottom of its largest face, in the mean over the samples in which that was seen, as shares of the upright picture in
   * [0, 1]; null without one.
   */
  largest_face: [number, number, number, number] | null;
  /** Motion intensity within the shot, see [`Motion::intensity`]; null where it was not measured. */
  motion_score: number | null;
  /** Text on screen; null where text was not looked for. */
  overlay_text: string | null;
  /** Number in order, from 0. */
  shot_id: number;
  /** Decoded index of its first frame; in preset `reference` the peer's frame number. */
  start_frame: number;
  /** Start: the presentation time of its first frame. */
  start_s: number;
  /** How the shot before turns into it; null for the first shot and in preset `reference`, whose detector does not tell. */
  transition: Transition | null;
}

/** One speaker. */
export interface Speaker {
  /** Share of all speech, in [0, 1]. */
  dominance: number;
  /**
   * Cues, not truth, each in [-1, 1] with 0 for neutral speech: `pitch_level`, `pitch_variability`,
   * `intensity_variability`, `brightness`, `arousal`, `valence`.
   */
  emotion_cues: Record<string, number>;
  /** `S1`, `S2`, ... in order of appearance. */
  label: string;
  /** How the speaker speaks. */
  prosody: Prosody | null;
  /** Seconds of speech. */
  total_s: number;
}

/**
 * What the sound is made of. The four shares are of time, in [0, 1], each moment counted by how likely it is; they add up
 * to 1.
 */
export interface SpeechMusic {
  /** The largest of the four shares, in [0, 1]. */
  confidence: number;
  /**
   * The one of the four that is meant by most of the sound: `speech`, `music`, `speech_over_music` or `other`; null where
   * none has a share of 0.6.
   */
  label: string | null;
  /** Share of music alone, singing included, in [0, 1]. */
  music: number;
  /** Share of what is neither (noise, animals, silence), in [0, 1]. */
  other: number;
  /**
   * How much there is to react to, in [0, 1]: twice the share of time in which somebody speaks, alone or over music, and
   * at most 1; near 0 for music alone.
   */
  reactability: number;
  /** Stretches of one kind, in order, at least 1 s long; moments at which no kind has a chance of 0.6 are in none. */
  segments: SpeechMusicSegment[];
  /** Share of speech alone, in [0, 1]. */
  speech: number;
  /** Share of speech over music, in [0, 1]. */
  speech_over_music: number;
}

/** A stretch of one kind of sound. */
export interface SpeechMusicSegment {
  /** Mean chance of it over the stretch, in [0, 1]. */
  confidence: number;
  /** End, in seconds. */
  end_s: number;
  /** `speech`, `music`, `speech_over_music` or `other`. */
  label: string;
  /** Start, in seconds. */
  start_s: number;
}

/** Summary of one value over the frames of an asset. */
export interface Stats {
  /** Mean absolute difference from one frame to the next. */
  dynamics: number;
  /** Mean. */
  mean: number;
  /** 10th percentile, linear between ranks. */
  p10: number;
  /** Median. */
  p50: number;
  /** 90th percentile. */
  p90: number;
  /** Population variance. */
  variance: number;
}

/**
 * Where a transcript comes from.
 * - `speech`: Recognised speech.
 * - `embedded_captions`: Captions inside the file.
 * - `sidecar`: A caption file beside it, or given with it.
 * - `given`: Text given by the host.
 */
export type TextSource = "speech" | "embedded_captions" | "sidecar" | "given";

/** Features of the text of an asset: what is spoken (the transcript) and what is written with it (the given text). */
export interface TextSummary {
  /** Emotion and sentiment over time, segment by segment; null where the text has no times. */
  emotion_trend: EmotionPoint[] | null;
  /** The 28 emotions of `GoEmotions`, by name, in [0, 1]: the mean over the sentences; English only. */
  emotions: Record<string, number> | null;
  /** The opening: what is said in the first 3 s, or the first sentence. */
  hook: Hook | null;
  /** Key phrases, best first. */
  keywords: Keyword[];
  /** ISO 639-1 code; null when the text is too short or too mixed to tell. */
  language: string | null;
  /** How sure the detection is, in [0, 1]; null when the host named the language. */
  language_confidence: number | null;
  /** Why a field above is null: field name to reason. */
  missing: Record<string, string>;
  /** How hard it is to read; English only. */
  readability: Readability | null;
  /** Sentences of the whole text. */
  sentences: string[];
  /** VADER sentiment of the whole text; English only. */
  sentiment: Sentiment | null;
  /** Where the transcript comes from; null without one. */
  source: TextSource | null;
  /** Words per second over the time of the transcript. */
  speaking_pace: number | null;
  /** What is said when. Given text without times is one segment per sentence with null times. */
  transcript: TranscriptSegment[];
  /** Words of the whole text. */
  word_count: number;
}

/** One stretch of the transcript. */
export interface TranscriptSegment {
  /** The 28 emotions of this segment, in [0, 1]; null where it has no word that the model knows. */
  emotion_scores: Record<string, number> | null;
  /** End, in seconds. */
  end_s: number | null;
  /** Number in order, from 0. */
  segment_id: number;
  /** Label of the speaker; null where unknown. */
  speaker: string | null;
  /** Start, in seconds; null where the text has no times. */
  start_s: number | null;
  /** What is said, literally. */
  text: string;
  /** Words with their times; null where the source has none. */
  words: Word[] | null;
}

/** How one shot follows another. */
export interface Transition {
  /** Presentation time of the first frame that is of the new shot alone; that of the start where it is a hard cut. */
  end_s: number;
  /** Hard cut, dissolve or fade. */
  kind: CutKind;
  /** Presentation time of the first frame that is not of the old shot alone, in seconds. */
  start_s: number;
}

/** One speaker's turn. */
export interface Turn {
  /** End, in seconds. */
  end_s: number;
  /** Label of the speaker. */
  speaker: string;
  /** Start, in seconds. */
  start_s: number;
}

/** Summary of a vector (the coefficients of the MFCC, say) over the frames of an asset; one entry per coefficient. */
export interface VectorStats {
  /** Mean absolute differences from one frame to the next. */
  dynamics: number[];
  /** Means. */
  mean: number[];
  /** Population variances. */
  variance: number[];
}

/** Features of the pictures. */
export interface VisionSummary {
  /** Colour of the sampled frames. */
  colour: Colour | null;
  /** Each face from its first sample to its last; null where faces were not looked for. */
  face_tracks: FaceTrack[] | null;
  /** Stretches with faces. */
  faces: FaceSpan[] | null;
  /** Representative frames with their hashes. */
  keyframes: Keyframe[];
  /** Why a field above is null: field name to reason. */
  missing: Record<string, string>;
  /** How much moves; null for a picture. */
  motion: Motion | null;
  /** Text on screen. */
  overlay_text: OverlayText[] | null;
  /** How fast it is cut; null for a picture. */
  pacing: Pacing | null;
  /** Perceptual hash of the first keyframe, 16 hexadecimal digits. */
  phash: string | null;
  /** Frames looked at by the adaptive sampler per second of video; besides them those are that may begin a shot. Null for a picture. */
  sampled_fps: number | null;
  /** Shots, in order; they cover the video without gap. */
  shots: Shot[];
}

/** Features of the voice, of the 16 kHz mono signal. */
export interface VoiceSummary {
  /** Which detector found the speech: `embedded`, or `silero` where its model file is there and can be run. */
  activity_source: ActivitySource | null;
  /** Syllables per second of speech, pauses left out; counted without a transcript. */
  articulation_rate: number | null;
  /** The 88 functionals of eGeMAPSv02, by name. */
  egemaps: Record<string, number> | null;
  /**
   * Cues, not truth, of all speech together, each in [-1, 1] with 0 for neutral speech: what the pitch's level and
   * variance, the level's variance, the rate and the spectrum's slope suggest (`pitch_level`, `pitch_variability`,
   * `intensity_variability`, `rate`, `brightness`), their mean `arousal`, and `valence` in [-0.5, 0.5].
   */
  emotion_cues: Record<string, number> | null;
  /** Resonances of the vocal tract. */
  formants: FormantSummary | null;
  /** Harmonics-to-noise ratio, in dB: the mean over voiced frames inside speech. */
  hnr: number | null;
  /** Level of the speech. */
  intensity: Intensity | null;
  /** Cycle-to-cycle variation of the period inside speech (jitter, local), relative: 0.01 is 1 %. */
  jitter: number | null;
  /** Why a field above is null: field name to reason. */
  missing: Record<string, string>;
  /** Where two may speak at once: candidates near changes of speaker, of which about a fifth are right. */
  overlaps: Segment[] | null;
  /** Gaps between stretches of speech. */
  pauses: Pauses | null;
  /** Fundamental frequency of the voiced frames inside speech. */
  pitch: Pitch | null;
  /** Cycle-to-cycle variation of the amplitude inside speech (shimmer, local), relative: 0.01 is 1 %. */
  shimmer: number | null;
  /** Who speaks how much. */
  speakers: Speaker[] | null;
  /** Syllables per second from the first speech to the last, pauses included; counted without a transcript. */
  speaking_rate: number | null;
  /** Stretches of speech, in order. */
  speech: Segment[];
  /** Share of the sound that is speech, in [0, 1]. */
  speech_ratio: number | null;
  /** Who speaks when. */
  turns: Turn[] | null;
}

/** One word. */
export interface Word {
  /** End, in seconds. */
  end_s: number;
  /** How likely it is, in [0, 1]; null where nobody says. */
  probability: number | null;
  /** Label of the speaker; null where unknown. */
  speaker: string | null;
  /** Start, in seconds. */
  start_s: number;
  /** The word. */
  text: string;
}
