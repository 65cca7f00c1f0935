"use strict";
// Clips over time: the store of clips and their files.

const { native } = require("./native.cjs");
const { wait } = require("./error.cjs");
const { filePath, need, settingsOf } = require("./options.cjs");

function pathOf(path, name = "path") {
  need(typeof path === "string" || path instanceof URL, name, "a path or a file: URL", path);
  return filePath(path, name);
}

/** A moment as the core takes it. */
const moment = (time) => (time instanceof Date ? time.toISOString() : time);

async function plain(name, settings) {
  return JSON.parse((await wait(() => native.callPlain(name, settingsOf(settings)))).value);
}

/** A call on the store at this path. */
const stored = (name, path, settings) => plain(`clips.store_${name}`, { ...settings, path: pathOf(path) });

/** Options of a query. */
const query = (options) => ({ ...options, now: moment(options?.now) });

/** Scored clips carry their reasons in words too, which the core makes itself. */
const bare = ({ explanation, ...clip }) => ("clip" in clip ? clip : { ...clip, ...(explanation === undefined ? {} : { explanation }) });

module.exports = {
  async columns(clips) {
    need(Array.isArray(clips), "clips", "an array", clips);
    return plain("clips.columns", { clips: clips.map(bare) });
  },
  convert: async (path, to) => plain("clips.convert", { path: pathOf(path), to: pathOf(to, "to") }),
  async storeErase(path, platform, id) {
    need(typeof platform === "string", "platform", "a string", platform);
    need(typeof id === "string", "id", "a string", id);
    return stored("erase", path, { platform, id });
  },
  storeExport: async (path, to, options) => stored("export", path, { ...query(options), to: pathOf(to, "to") }),
  async storeHistories(path, clips) {
    need(Array.isArray(clips), "clips", "an array", clips);
    return stored("histories", path, { clips });
  },
  storeImport: async (path, file, { at } = {}) => stored("import", path, { file: pathOf(file, "file"), at: moment(at) }),
  async storeLearn(path, week, lists, options) {
    need(typeof week === "string", "week", "a string", week);
    need(Array.isArray(lists), "lists", "an array", lists);
    return stored("learn", path, { ...options, week, lists });
  },
  async storePut(path, clips, { at } = {}) {
    need(Array.isArray(clips), "clips", "an array", clips);
    return stored("put", path, { clips: clips.map(bare), at: moment(at) });
  },
  storeQuery: async (path, options) => stored("query", path, query(options)),
  storeSummary: async (path, options) => stored("summary", path, query(options)),
};
