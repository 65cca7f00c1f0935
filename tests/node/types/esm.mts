// Compiled with `tsc --strict` by viralnow-node/scripts/check.mjs; never run.
import {
  Analysis,
  Batch,
  MemoryMonitor,
  Store,
  ViralNowError,
  analyze,
  analyzeMany,
  featureDictionary,
  info,
  jsonSchema,
  text,
  version,
  vision,
  type AnalyzeOptions,
  type AudioSummary,
  type BatchItem,
  type ErrorCode,
  type Extractor,
  type Payload,
  type Vectors,
} from "viralnow";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expect<T extends true>(): T | void {}

const analysis: Analysis = await analyze("clip.mp4");
expect<Equal<typeof analysis.payload, Payload>>();
expect<Equal<typeof analysis.audio, AudioSummary | null>>();

// Missing values are null and must be looked at.
const lufs: number | null | undefined = analysis.audio?.loudness.integrated_lufs;
// @ts-expect-error it may be null
const wrong: number = analysis.payload.media.duration_s;
// @ts-expect-error there may be no features
analysis.audio.loudness;
// @ts-expect-error the payload's names are snake_case
analysis.payload.assetId;
expect<Equal<typeof analysis.status, "complete" | "partial" | "failed">>();
// @ts-expect-error it is read
analysis.status = "complete";
expect<Equal<Payload["modalities"]["vision"]["summary"], typeof analysis.vision>>();
const interval: [number, number] | null | undefined = analysis.score?.interval;
const shot = analysis.vision?.shots[0];
const start: number | undefined = shot?.start_s;
const own: unknown = analysis.payload.modalities["brightness"]?.summary;
const reason: string | undefined = analysis.payload.modalities.audio.reason;

const options: AnalyzeOptions = {
  text: "Did you know?",
  captions: { text: "WEBVTT\n" },
  preset: "reference",
  modalities: ["audio", "vision"],
  limits: { maxDurationS: 60 },
  meta: { platform: "tiktok" },
  signal: AbortSignal.timeout(1000),
  onProgress: ({ fraction, etaS, items: [done, all] }) => console.log(fraction, etaS, done, all),
};
await analyze(Buffer.from([1]), options);
await analyze(new URL("file:///clip.mp4"), { threads: 1 });
await analyze(null, { audio: { samples: new Float32Array(1), sampleRate: 48000 } });
await analyze(null, { frames: { rgb: new Uint8Array(3), width: 1, height: 1, timesS: [0] } });
// @ts-expect-error no such preset
await analyze("clip.mp4", { preset: "best" });
// @ts-expect-error no such option
await analyze("clip.mp4", { thread: 1 });
// @ts-expect-error 64-bit floats are no samples
await analyze(null, { audio: { samples: new Float64Array(1), sampleRate: 48000 } });
// @ts-expect-error it is made by analyze
new Analysis();

const brightness: Extractor = {
  name: "brightness",
  version: "1",
  frame({ small, timeS }) {
    expect<Equal<typeof timeS, number>>();
    small.bgr.fill(0);
  },
  finish: ({ durationS }) => ({ durationS }),
};
await analyze("clip.mp4", { extractors: [brightness, () => brightness] });
// @ts-expect-error a batch needs one for each asset
await analyzeMany(["clip.mp4"], { extractors: [brightness] });
// @ts-expect-error it has no finish
const unfinished: Extractor = { name: "a", version: "1" };

const vectors: Vectors = analysis.vectors("audio", "mfcc");
expect<Equal<typeof vectors.timesS, Float64Array>>();

const batch: Batch = await analyzeMany(["a.mp4", { source: null, text: "Hello." }], { timeoutS: 10 });
for (const item of batch) {
  if (item.ok) item.analysis.report({ columns: 100 });
  else if (item.error.code === "TIMEOUT") console.log(item.error.retryable);
  // @ts-expect-error it may be an analysis
  item.error;
}
const good: BatchItem[] = batch.filter((item) => item.ok);
const cell = batch.rows()[0]?.["score_viral"];
expect<Equal<typeof cell, null | boolean | number | string | undefined>>();

const store = await Store.open("features.db");
await store.put(analysis);
await store.put(analysis.payload);
const found: Analysis | null = await store.get("id");
const ids: string[] = await store.list({ limit: 10 });
const erased: boolean = await store.erase("id");
store.close();
// @ts-expect-error it is opened with open
new Store("features.db");

const monitor = new MemoryMonitor();
await analyze("clip.mp4", { monitor, store });
const topics: string[] = monitor.records().map((record) => record.topic);
const states = monitor.spans().map(({ state }) => (state.state === "failed" ? state.code : state.state));

try {
  await analyze("nothing");
} catch (error) {
  if (error instanceof ViralNowError) {
    const code: ErrorCode = error.code;
    const context: Record<string, string> = error.context;
    // @ts-expect-error no such code
    if (error.code === "NO_SUCH") throw error;
    console.log(code, context, error.cause);
  }
}

const language: [language: string, confidence: number] | null = text.language("Hello there.");
const languages: Promise<([language: string, confidence: number] | null)[]> = text.language(["Hello there."]);
const compound: number = text.sentiment("Great!").compound;
const grade: number | undefined = text.readability("Short words.", { preset: "reference" })?.flesch_kincaid_grade;
const sentences: string[] = text.sentences("One. Two.", { language: "en" });
const phrases: string[] = text.keywords("One. Two.", { limit: 3 }).map((keyword) => keyword.phrase);
const style: number = text.hook("One.").style;
// A detector has its own settings and no other's.
const strict = await vision.detectShots("clip.mp4", { detector: "content", threshold: 30, minSceneLen: "0.6s", limits: { maxWallS: 60 } });
// @ts-expect-error histograms alone have bins
await vision.detectShots("clip.mp4", { detector: "content", bins: 64 });
// @ts-expect-error ours has no settings
await vision.detectShots("clip.mp4", { threshold: 30 });
const kinds: ("cut" | "dissolve" | "fade")[] = strict.cuts.map((cut) => cut.kind);
const copies: number[] = (await vision.findCopies([await vision.fingerprint("clip.mp4")], { signal: null })).map(({ a, b }) => a + b);
console.log(version.length, info().features["video"], featureDictionary()[0]?.unit, jsonSchema()["title"]);
export { wrong, lufs, interval, start, own, reason, unfinished, language, languages, good, found, ids, erased, topics, states };
export { compound, grade, sentences, phrases, style, kinds, copies };
