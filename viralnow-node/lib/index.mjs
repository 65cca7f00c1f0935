// The same objects as in CommonJS, so that `instanceof` holds across both.
import viralnow from "./index.cjs";

export const {
  Analysis,
  Batch,
  Live,
  MemoryMonitor,
  Store,
  ViralNowError,
  analyze,
  analyzeMany,
  audio,
  clips,
  featureDictionary,
  info,
  jsonSchema,
  models,
  monitoring,
  score,
  text,
  version,
  vision,
  voice,
} = viralnow;
