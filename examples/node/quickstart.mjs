// From a clip to features and a score.
//
//   node quickstart.mjs clip.mp4
import { analyze } from "viralnow";

const clip = process.argv[2] ?? "clip.mp4";
const analysis = await analyze(clip, {
  text: "Five facts about space that sound made up",
  onProgress: ({ fraction, stage }) => process.stderr.write(`\r${Math.round(100 * fraction)} % ${stage}    `),
});
process.stderr.write("\n");

console.log(analysis.report());

// Features by modality; a missing one is null, and `missing` says why.
console.log("shots:", analysis.vision?.shots.length);
console.log("loudness:", analysis.audio?.loudness.integrated_lufs, "LUFS");
console.log("hook:", analysis.text?.hook?.text);
console.log("score:", analysis.score?.viral);

// Frame-level features are typed arrays, frames first.
const mfcc = analysis.vectors("audio", "mfcc");
console.log("mfcc:", mfcc.rows, "frames of", mfcc.columns, "coefficients");
