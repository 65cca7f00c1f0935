// The same in CommonJS, over several clips, kept in a store.
//
//   node quickstart.cjs features.db clip.mp4 another.mp4
const { Store, ViralNowError, analyzeMany } = require("viralnow");

async function main() {
  const [file = "features.db", ...clips] = process.argv.slice(2);
  const store = await Store.open(file);
  const batch = await analyzeMany(clips, { store, timeoutS: 600 });
  for (const [i, item] of batch.entries()) {
    if (item.ok) console.log(clips[i], item.analysis.status, item.analysis.score?.viral);
    else console.log(clips[i], item.error.code, item.error.message);
  }
  // One flat row per clip, for a data frame or a spreadsheet.
  console.log("columns:", Object.keys(batch.rows()[0] ?? {}).length);
  console.log("stored:", await store.list());
  store.close();
}

main().catch((error) => {
  console.error(error instanceof ViralNowError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
});
