"use strict";
// The store and the monitor: handles of the native half.

const { native } = require("./native.cjs");
const { call, wait, invalid } = require("./error.cjs");
const { filePath, need, whole } = require("./options.cjs");

const handle = Symbol("the native half");
const opened = Symbol("made by Store.open");

/** The native half of a store or monitor. */
function handleOf(value, name) {
  if (value === undefined || value === null) return undefined;
  const right = name === "store" ? value instanceof Store : value instanceof MemoryMonitor;
  need(right, name, name === "store" ? "a Store" : "a MemoryMonitor", value);
  return value[handle];
}

class Store {
  constructor(key, native) {
    if (key !== opened) throw invalid("open a store with `await Store.open(path)`");
    Object.defineProperty(this, handle, { value: native });
  }

  static async open(path) {
    need(typeof path === "string" || path instanceof URL, "path", "a path or a file: URL", path);
    const file = filePath(path, "path");
    return new Store(opened, await wait(() => native.Store.open(file)));
  }

  async put(analysis) {
    // Required here because analyze.cjs requires this file.
    const { Analysis, analysisHandle } = require("./analyze.cjs");
    need(analysis !== null && typeof analysis === "object", "analysis", "an Analysis or a payload", analysis);
    await wait(() =>
      analysis instanceof Analysis
        ? this[handle].put(analysis[analysisHandle])
        : this[handle].putJson(JSON.stringify(analysis)),
    );
  }

  async get(assetId) {
    const { Analysis } = require("./analyze.cjs");
    need(typeof assetId === "string", "assetId", "a string", assetId);
    const found = await wait(() => this[handle].get(assetId));
    return found ? new Analysis(found) : null;
  }

  async list({ after, limit = 2 ** 32 - 1 } = {}) {
    need(after === undefined || typeof after === "string", "after", "a string", after);
    whole(limit, "limit", 0, 2 ** 32 - 1);
    return wait(() => this[handle].list(after, limit));
  }

  async erase(assetId) {
    need(typeof assetId === "string", "assetId", "a string", assetId);
    return wait(() => this[handle].erase(assetId));
  }

  close() {
    call(() => this[handle].close());
  }
}

class MemoryMonitor {
  constructor() {
    Object.defineProperty(this, handle, { value: new native.MemoryMonitor() });
  }

  records() {
    return JSON.parse(call(() => this[handle].records()));
  }

  spans() {
    return JSON.parse(call(() => this[handle].spans()));
  }

  get dropped() {
    return call(() => this[handle].dropped());
  }

  clear() {
    call(() => this[handle].clear());
  }
}

module.exports = { Store, MemoryMonitor, handleOf };
