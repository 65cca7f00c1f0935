"use strict";
// Watching the host's own functions, listening to what happens, and asking the log about it.

const bus = require("./monitoring-bus.cjs");
const { dashboardHandler } = require("./monitoring-mount.cjs");
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
  async (options = {}) => {
    need(typeof options === "object" && options !== null, "options", "an object", options);
    const { path, ...rest } = options;
    // The running monitor's log is asked once everything is in it.
    if (path === undefined || path === null) await call("flush", {});
    return call(name, { ...rest, path: pathOf(path, "path") });
  };

async function start({ path, config, detailDays, summaryDays, flushIntervalS, ...options } = {}) {
  const own = { database_path: pathOf(path, "path"), log_retention_days: detailDays, summary_retention_days: summaryDays, flush_interval: flushIntervalS };
  if (config === undefined) {
    for (const [name, value] of Object.entries({ detailDays, summaryDays, flushIntervalS })) {
      need(value === undefined || Number.isFinite(value), name, "a number", value);
    }
    return call("start_with", { ...options, config: { log_file_path: "", ...own, database_path: own.database_path ?? "" } });
  }
  for (const [name, value] of Object.entries({ path, detailDays, summaryDays, flushIntervalS })) need(value === undefined, name, "a field of the config", value);
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
  dashboardHandler,
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
