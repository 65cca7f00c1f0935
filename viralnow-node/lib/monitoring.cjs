"use strict";
// Watching the host's own functions, listening to what happens, and asking the log about it.

const bus = require("./monitoring-bus.cjs");
const { settle } = require("./monitoring-ring.cjs");
const { currentSpan, monitorAll, span } = require("./monitoring-wrap.cjs");
const { filePath, need } = require("./options.cjs");
const { plain } = require("./plain.cjs");

/** Calls the core, which is told first of what waits in this thread. */
async function call(name, settings) {
  settle();
  return (await plain(`monitor.${name}`, settings)).value;
}

const ask = (name) => async (options) => call(name, options ?? {});
const pathOf = (path, name) => (path === undefined || path === null ? undefined : filePath(path, name));
const logged =
  (name) =>
  async ({ path, ...options } = {}) =>
    call(name, { ...options, path: pathOf(path, "path") });

/** What only a config brings; with a path alone, one is made of it. */
const BY_CONFIG = ["dashboard", "redact", "blockS", "over"];

async function start({ path, config, ...options } = {}) {
  const file = pathOf(path, "path");
  if (config === undefined && BY_CONFIG.every((name) => options[name] === undefined)) return call("start", { ...options, path: file });
  if (config === undefined) {
    const { detailDays, summaryDays, flushIntervalS, ...rest } = options;
    const made = {
      database_path: file ?? "",
      log_file_path: "",
      log_retention_days: detailDays,
      summary_retention_days: summaryDays,
      flush_interval: flushIntervalS,
    };
    return call("start_with", { ...rest, config: made });
  }
  need(path === undefined, "path", "a field of the config", path);
  const given = typeof config === "string" || config instanceof URL ? filePath(config, "config") : config;
  return call("start_with", { ...options, config: given });
}

async function publish(topic, data = {}) {
  need(typeof topic === "string", "topic", "a string", topic);
  return call("publish", { topic, data, span: currentSpan() });
}

async function setLevel(functions, level) {
  need(typeof functions === "string", "functions", "a string", functions);
  return call("set_level", { functions, level });
}

module.exports = {
  alertTrial: async (name) => call("alert_trial", { name }),
  alerts: ask("alerts"),
  backup: async (to, options) => logged("backup")({ ...options, to: filePath(to, "to") }),
  cleanup: logged("cleanup"),
  config: ask("config"),
  counts: ask("counts"),
  currentSpan,
  dashboard: ask("dashboard"),
  errors: logged("errors"),
  events: logged("events"),
  flush: ask("flush"),
  functions: logged("functions"),
  job: bus.job,
  monitorAll,
  prometheus: ask("prometheus"),
  publish,
  query: logged("query"),
  redact: async (text) => call("redact", { text }),
  setLevel,
  span,
  start,
  status: ask("status"),
  stop: ask("stop"),
  stream: bus.stream,
  subscribe: bus.subscribe,
  trace: async (to, options) => logged("trace")({ ...options, to: filePath(to, "to") }),
};
