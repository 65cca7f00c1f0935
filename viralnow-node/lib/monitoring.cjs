"use strict";
// Watching the host's own functions, and asking the log about them.

const { AsyncLocalStorage } = require("node:async_hooks");
const { writeFile } = require("node:fs/promises");
const { native } = require("./native.cjs");
const { filePath, need } = require("./options.cjs");
const { plain } = require("./plain.cjs");

/** The span around what runs now. */
const around = new AsyncLocalStorage();
/** Places by name; made anew for each monitor, which numbers them. */
let places = new Map();

const ask = (name) => async (options) => (await plain(`monitor.${name}`, options ?? {})).value;
const pathOf = (path, name) => (path === undefined || path === null ? undefined : filePath(path, name));

function placeOf(name, module, weight) {
  const key = `${module}\0${name}`;
  let place = places.get(key);
  if (place === undefined) {
    place = native.monitorPlace(name, module, weight);
    // Without a monitor there is none yet.
    if (place !== 0) places.set(key, place);
  }
  return place;
}

/** What the arguments are, by the policy: nothing that a host would not want in a log, unless it asks. */
function told(args, policy) {
  if (policy === "none") return undefined;
  const kind = (value) => (value === null ? "null" : typeof value === "object" ? (value.constructor?.name ?? "object") : typeof value);
  if (policy === "types") return args.map(kind).join(", ");
  try {
    return JSON.stringify(args, (_, value) => (typeof value === "bigint" ? String(value) : value)).slice(0, 2048);
  } catch {
    return args.map(kind).join(", ");
  }
}

function failed(span, error, args) {
  const text = (what) => {
    try {
      return what === undefined || what === null ? undefined : String(what);
    } catch {
      return undefined;
    }
  };
  const aborted = error?.name === "AbortError" || error?.code === "CANCELLED";
  span.end(aborted ? "CANCELLED" : (text(error?.name) ?? typeof error), text(error?.message ?? error), text(error?.stack), args);
}

/** Runs `work` in a span; a promise ends it when it settles. */
function run(place, work, args, policy) {
  const span = new native.Span(place, around.getStore() ?? 0);
  const kept = args !== undefined && span.keeps() ? told(args, policy) : undefined;
  let result;
  try {
    result = around.run(span.id || (around.getStore() ?? 0), work);
  } catch (error) {
    failed(span, error, kept);
    throw error;
  }
  if (typeof result?.then === "function") {
    return result.then(
      (value) => {
        span.end(undefined, undefined, undefined, kept);
        return value;
      },
      (error) => {
        failed(span, error, kept);
        throw error;
      },
    );
  }
  span.end(undefined, undefined, undefined, kept);
  return result;
}

function wrap(fn, { name = fn.name || "(anonymous)", module = "", weight = 1, args = "types" } = {}) {
  need(typeof name === "string", "name", "a string", name);
  need(typeof module === "string", "module", "a string", module);
  need(typeof weight === "number" && weight > 0, "weight", "a number above 0", weight);
  need(["none", "types", "values"].includes(args), "args", "none, types or values", args);
  const watched = function (...given) {
    const place = placeOf(name, module, weight);
    // Nobody watches.
    if (place === 0) return Reflect.apply(fn, this, given);
    return run(place, () => Reflect.apply(fn, this, given), given, args);
  };
  for (const key of ["name", "length"]) Object.defineProperty(watched, key, { ...Object.getOwnPropertyDescriptor(fn, key), configurable: true });
  return watched;
}

/** A function that is watched; also a decorator of methods, of the standard and of TypeScript's older kind, with and without options. */
function monitorAll(what, ...rest) {
  const [context, descriptor] = rest;
  if (typeof what === "function" && (rest.length === 0 || typeof context?.kind === "string")) {
    return wrap(what, typeof context?.kind === "string" ? { name: String(context.name) } : undefined);
  }
  if (typeof what === "function" && rest.length === 1) return wrap(what, context);
  if (descriptor !== undefined) return { ...descriptor, value: wrap(descriptor.value, { name: String(context) }) };
  need(typeof what === "object" && what !== null, "what", "a function, or options", what);
  return (fn, place, old) => {
    const options = { name: String(place?.name ?? (typeof place === "string" ? place : fn?.name)), ...what };
    return old === undefined ? wrap(fn, options) : { ...old, value: wrap(old.value, options) };
  };
}

/** Runs `work` in a span of this name. */
function span(name, work, { module = "", weight = 1 } = {}) {
  need(typeof name === "string", "name", "a string", name);
  need(typeof work === "function", "work", "a function", work);
  const place = placeOf(name, module, weight);
  return place === 0 ? work() : run(place, work);
}

async function start({ path, config, ...options } = {}) {
  places = new Map();
  if (config === undefined) return (await plain("monitor.start", { ...options, path: pathOf(path, "path") })).value;
  need(path === undefined, "path", "a field of the config", path);
  const given = typeof config === "string" || config instanceof URL ? filePath(config, "config") : config;
  return (await plain("monitor.start_with", { ...options, config: given })).value;
}

async function stop(options) {
  places = new Map();
  return (await plain("monitor.stop", options ?? {})).value;
}

const logged = (name) => async ({ path, ...options } = {}) =>
  (await plain(`monitor.${name}`, { ...options, path: pathOf(path, "path") })).value;

/** The calls for Chrome's trace viewer or Perfetto, in a file. */
async function trace(to, { path, ...options } = {}) {
  const name = filePath(to, "to");
  const { value, file } = await plain("monitor.trace", { ...options, path: pathOf(path, "path") });
  await writeFile(name, file);
  return value;
}

async function publish(topic, data = {}) {
  need(typeof topic === "string", "topic", "a string", topic);
  return (await plain("monitor.publish", { topic, data })).value;
}

module.exports = {
  alerts: ask("alerts"),
  backup: async (to, options) => logged("backup")({ ...options, to: filePath(to, "to") }),
  cleanup: logged("cleanup"),
  counts: ask("counts"),
  dashboard: ask("dashboard"),
  errors: logged("errors"),
  events: logged("events"),
  flush: ask("flush"),
  functions: logged("functions"),
  monitorAll,
  prometheus: ask("prometheus"),
  publish,
  query: logged("query"),
  redact: async (text) => (await plain("monitor.redact", { text })).value,
  span,
  start,
  status: ask("status"),
  stop,
  trace,
};
