"use strict";
// The models that this release knows: where they are, whether they are whole, and fetching one.

const { filePath, need } = require("./options.cjs");
const { plain } = require("./plain.cjs");
const { watched } = require("./watch.cjs");

/** The settings, with paths as text. */
function place({ dir, manifest, ...rest } = {}) {
  const path = (value, name) => (value === undefined || value === null ? undefined : filePath(value, name));
  return { ...rest, dir: path(dir, "dir"), manifest: path(manifest, "manifest") };
}

function named(name) {
  need(typeof name === "string", "name", "a string", name);
  return name;
}

module.exports = {
  list: async (options) => (await plain("models.list", place(options))).value,
  where: async (name, options) => (await plain("models.where", { ...place(options), name: named(name) })).value,
  async verify(name, { signal, onProgress, ...options } = {}) {
    return (await watched("models.verify", { ...place(options), name: named(name) }, { signal, onProgress })).value;
  },
  async pull(name, { signal, onProgress, ...options } = {}) {
    return (await watched("models.pull", { ...place(options), name: named(name) }, { signal, onProgress })).value;
  },
};
