"use strict";
// Watching functions: plain ones, asynchronous ones, generators of both kinds, classes.

const { findSourceMap } = require("node:module");
const path = require("node:path");
const { isNativeError, isPromise } = require("node:util/types");
const { fileURLToPath } = require("node:url");
const { begun, current, enter, failure, now, number, placeOf, record, within } = require("./monitoring-ring.cjs");
const { need } = require("./options.cjs");

const GENERATOR = Object.getPrototypeOf(function* () {});
const ASYNC = Object.getPrototypeOf(async () => {});
const ASYNC_GENERATOR = Object.getPrototypeOf(async function* () {});
/** What watched functions stand for, so that none is watched twice over by a class. */
const watchedOnes = new WeakSet();

/** Frames of ours above the host's, at most. */
const FRAMES = 16;

/** What compilers put between a decorator and the code it stands in. */
const HELPERS = /[\\/]node_modules[\\/](tslib|@swc[\\/]helpers|@babel[\\/]runtime)[\\/]/;

/** Where a frame stands in what was compiled, if the process knows its source map (`--enable-source-maps`). */
function original(file, frame) {
  const line = frame.getLineNumber() ?? 0;
  const { originalSource, originalLine } = findSourceMap(file)?.findEntry(line - 1, (frame.getColumnNumber() ?? 1) - 1) ?? {};
  if (originalSource === undefined) return { file, line };
  return { file: originalSource.startsWith("file:") ? fileURLToPath(originalSource) : originalSource, line: originalLine + 1 };
}

/** Where in the host's code this is called from; without a file where the engine does not tell. */
function calledFrom() {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = FRAMES;
    Error.prepareStackTrace = (_, frames) => frames;
    const frames = new Error().stack;
    for (const frame of frames) {
      const named = frame.getFileName();
      const file = named?.startsWith("file:") ? fileURLToPath(named) : named;
      if (file && path.isAbsolute(file) && path.dirname(file) !== __dirname && !HELPERS.test(file)) return original(file, frame);
    }
  } catch {
    // Errors are frozen here, or somebody else prepares their stacks.
  } finally {
    try {
      Object.assign(Error, { prepareStackTrace, stackTraceLimit });
    } catch {
      // As above.
    }
  }
  return { file: "", line: 0 };
}

// The core redacts a text and then cuts it; it is given as much beyond its bounds as it looks at, so that no half of a secret is left.
const MOST_ARGS = 8 << 10;
const MOST_MESSAGE = 9 << 10;
const MOST_STACK = 21 << 10;

function kind(value) {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  try {
    const name = value.constructor?.name;
    // A class may have a static `name` of its own.
    return typeof name === "string" ? name : "object";
  } catch {
    // A proxy, or a getter, of the host's.
    return "object";
  }
}

/** The kinds of all arguments; the same text again as long as they are the same. */
function kinds(place, args) {
  const known = place.kinds;
  let same = known.length === args.length;
  for (let i = 0; i < args.length; i++) {
    const one = kind(args[i]);
    if (same && known[i] === one) continue;
    same = false;
    known[i] = one;
  }
  if (!same) {
    known.length = args.length;
    place.kindsText = known.join(", ");
  }
  return place.kindsText;
}

/** What the arguments are, by the policy: nothing that a host would not want in a log, unless it asks. */
function told(place, args, policy) {
  if (args.length === 0 || policy === "none") return undefined;
  if (policy === "types") return kinds(place, args);
  try {
    return JSON.stringify(Array.from(args), (_, value) => (typeof value === "bigint" ? String(value) : value)).slice(0, MOST_ARGS);
  } catch {
    return kinds(place, args);
  }
}

function text(what) {
  try {
    return what === undefined || what === null ? undefined : String(what);
  } catch {
    return undefined;
  }
}

/** A stack without the message, which is told beside it: failures of one place are of one group whatever their messages say. */
function withoutMessage(stack, message) {
  if (stack === undefined) return undefined;
  const at = message ? stack.indexOf(`: ${message}`) : -1;
  const frames = stack.indexOf("\n    at ");
  if (at >= 0 && (frames < 0 || at < frames)) return stack.slice(0, at) + stack.slice(at + 2 + message.length);
  // The stack has the message that the error was made with, which may be another than it has now.
  const colon = stack.indexOf(": ");
  return colon >= 0 && colon < frames ? stack.slice(0, colon) + stack.slice(frames) : stack;
}

/** What an error says of itself; one whose getters throw must not take the host's own error's place. */
function read(error, name) {
  try {
    return error?.[name];
  } catch {
    return undefined;
  }
}

/** Also those of another realm, such as a test runner's. */
function isError(value) {
  try {
    return isNativeError(value) || value instanceof Error;
  } catch {
    // A proxy of the host's.
    return false;
  }
}

/** The members of an `AggregateError`, as far as they are told. */
function members(error) {
  try {
    const { errors } = error;
    return Array.isArray(errors) ? errors.slice(0, 8).filter(isError) : [];
  } catch {
    return [];
  }
}

/** The stack of an error, of what it was thrown after and of those that it stands for, messages left out. */
function stacks(error, message) {
  const all = [withoutMessage(text(read(error, "stack")), message) ?? ""];
  const add = (word, one) => all.push(`${word} ${withoutMessage(text(read(one, "stack")), text(read(one, "message"))) ?? "an error"}`);
  for (const member of members(error)) add("of", member);
  let cause = read(error, "cause");
  for (let depth = 0; depth < 8 && isError(cause); depth++) {
    add("after", cause);
    for (const member of members(cause)) add("of", member);
    cause = read(cause, "cause");
  }
  return all.join("\n").slice(0, MOST_STACK) || undefined;
}

/** A span failed, or was stopped. */
function failed(place, span, parent, start, args, error) {
  const name = text(read(error, "name"));
  const aborted = name === "AbortError" || read(error, "code") === "CANCELLED";
  const message = text(read(error, "message") ?? error);
  const cause = read(error, "cause");
  const after = isError(cause) ? ` (after ${text(read(cause, "name"))}: ${text(read(cause, "message"))})` : "";
  failure(place, span, parent, start, {
    code: aborted ? "CANCELLED" : (name ?? typeof error),
    message: message === undefined ? undefined : (message + after).slice(0, MOST_MESSAGE),
    stack: stacks(error, message),
    args,
  });
}

/** No arguments: an object of `arguments` would be made for every call. */
const NONE = [];

/** Ends a span when a promise settles. */
function settled(place, span, parent, start, kept, promise) {
  return promise.then(
    (value) => {
      record(place, span, parent, start, kept);
      return value;
    },
    (error) => {
      failed(place, span, parent, start, kept, error);
      throw error;
    },
  );
}

/**
 * Runs `fn` in a span; a promise ends it when it settles. A function that gave something else is run without `AsyncLocalStorage`, which costs
 * as much as all the rest of a span, until it gives a promise.
 */
function run(place, fn, self, args, kept) {
  const parent = current();
  const span = number();
  if (place.waits) return runWaiting(place, fn, self, args, span, parent, kept);
  const start = now();
  const before = enter(span);
  let result;
  try {
    // The same, but V8 inlines a plain call.
    result = args === NONE && self === undefined ? fn() : Reflect.apply(fn, self, args);
  } catch (error) {
    enter(before);
    failed(place, span, parent, start, kept, error);
    throw error;
  }
  enter(before);
  if (typeof result === "object" && isPromise(result)) {
    place.waits = place.promised = true;
    return settled(place, span, parent, start, kept, result);
  }
  record(place, span, parent, start, kept);
  return result;
}

/** The same inside of `AsyncLocalStorage`: what is done later knows its span. */
function runWaiting(place, fn, self, args, span, parent, kept) {
  if (place.started) begun(place, span, parent);
  const start = now();
  let result;
  try {
    result = within(span, fn, self, args);
  } catch (error) {
    failed(place, span, parent, start, kept, error);
    throw error;
  }
  if (typeof result === "object" && isPromise(result)) {
    place.promised = true;
    return settled(place, span, parent, start, kept, result);
  }
  record(place, span, parent, start, kept);
  // One that tells of its start stays here, so that the others need not ask.
  place.waits = place.promised || place.started;
  return result;
}

/** A generator whose span goes from its first step to its end; between the steps nobody is inside of it. */
function stepped(place, made, args, policy, isAsync) {
  let open;
  const begin = () => {
    if (open === undefined) {
      open = null;
      if (place.watched()) {
        const kept = place.keeps ? told(place, args, policy) : undefined;
        open = { parent: current(), span: number(), start: now(), kept };
        if (place.started) begun(place, open.span, open.parent);
      }
    }
    return open;
  };
  const close = (end) => {
    if (open) end(open);
    open = null;
  };
  const ended = () => close(({ span, parent, start, kept }) => record(place, span, parent, start, kept));
  const broke = (error) => close(({ span, parent, start, kept }) => failed(place, span, parent, start, kept, error));
  const step = (name, given) => {
    const begun = begin();
    try {
      const result = begun ? within(begun.span, made[name], made, given) : made[name](...given);
      if (!isAsync) {
        if (result.done) ended();
        return result;
      }
      return result.then(
        (settled) => {
          if (settled.done) ended();
          return settled;
        },
        (error) => {
          broke(error);
          throw error;
        },
      );
    } catch (error) {
      broke(error);
      throw error;
    }
  };
  // An object of its own, of the generator's kind: the steps of a real one cannot be replaced.
  const steps = Object.create(Object.getPrototypeOf(made));
  for (const name of ["next", "return", "throw"]) {
    Object.defineProperty(steps, name, { value: (...given) => step(name, given), configurable: true, writable: true });
  }
  return steps;
}

function isClass(fn) {
  return /^class\b/.test(Function.prototype.toString.call(fn));
}

function checked({ name, module = "", weight = 1, args = "types", started = false }) {
  need(typeof name === "string", "name", "a string", name);
  need(typeof module === "string", "module", "a string", module);
  need(typeof weight === "number" && weight > 0, "weight", "a number above 0", weight);
  need(["none", "types", "values"].includes(args), "args", "none, types or values", args);
  need(typeof started === "boolean", "started", "true or false", started);
  return { name, module, weight, args, started };
}

/** A function that is watched. */
function wrap(fn, options = {}) {
  if (isClass(fn)) return wrapClass(fn, options);
  const wanted = checked({ name: fn.name || "(anonymous)", ...options });
  const { args: policy } = wanted;
  const place = placeOf(wanted, calledFrom());
  const parent = Object.getPrototypeOf(fn);
  const isAsync = parent === ASYNC_GENERATOR;
  place.promised ||= parent === ASYNC;
  const withArguments = function () {
    return run(place, fn, this, arguments, place.keeps ? told(place, arguments, policy) : undefined);
  };
  const watched =
    parent === GENERATOR || isAsync
      ? function () {
          return stepped(place, Reflect.apply(fn, this, arguments), arguments, policy, isAsync);
        }
      : function () {
          // Nobody watches, or it makes an object.
          if (new.target !== undefined) return Reflect.construct(fn, arguments, new.target === watched ? fn : new.target);
          if (!place.watched()) return Reflect.apply(fn, this, arguments);
          // Handed on like this they become no object here, which calls without any would pay for.
          return arguments.length === 0 ? run(place, fn, this, NONE, undefined) : Reflect.apply(withArguments, this, arguments);
        };
  for (const key of Reflect.ownKeys(fn)) {
    const descriptor = Object.getOwnPropertyDescriptor(fn, key);
    // `arguments` and `caller` of old functions are nobody's to set.
    if (key !== "arguments" && key !== "caller") Object.defineProperty(watched, key, { ...descriptor, ...(key === "prototype" ? {} : { configurable: true }) });
  }
  watchedOnes.add(watched);
  return watched;
}

/** A class whose methods and accessors are watched, those of its instances and its own; the class stays the same. */
function wrapClass(which, options = {}) {
  const { name, ...rest } = checked({ name: which.name || "(anonymous)", ...options });
  for (const owner of [which.prototype, which]) {
    for (const key of Reflect.ownKeys(owner)) {
      const descriptor = Object.getOwnPropertyDescriptor(owner, key);
      if (key === "constructor" || (owner === which && key === "prototype") || !descriptor.configurable) continue;
      for (const part of ["value", "get", "set"]) {
        const method = descriptor[part];
        if (typeof method !== "function" || watchedOnes.has(method) || isClass(method)) continue;
        descriptor[part] = wrap(method, { ...rest, name: `${name}.${String(key)}` });
      }
      Object.defineProperty(owner, key, descriptor);
    }
  }
  return which;
}

/** By what a standard decorator is put on. */
function decorated(value, context, options) {
  const named = (fn) => wrap(fn, { name: String(context.name), ...options });
  if (context.kind === "class") return wrapClass(value, { ...(context.name === undefined ? {} : { name: context.name }), ...options });
  if (context.kind === "field") return (first) => (typeof first === "function" ? named(first) : first);
  if (context.kind === "accessor") return { get: named(value.get), set: named(value.set) };
  return named(value);
}

/** By TypeScript's older way: a descriptor whose method, or whose accessors, are watched; without one it is a property, which stays. */
function older(key, descriptor, options) {
  if (descriptor === undefined) return undefined;
  const named = (fn) => (typeof fn === "function" ? wrap(fn, { name: String(key), ...options }) : fn);
  return "value" in descriptor
    ? { ...descriptor, value: named(descriptor.value) }
    : { ...descriptor, get: named(descriptor.get), set: named(descriptor.set) };
}

const isContext = (context) => typeof context?.kind === "string" && "name" in context;
const isKey = (key) => typeof key === "string" || typeof key === "symbol";

/** A function or class that is watched; also a decorator, of the standard and of TypeScript's older kind, with and without options. */
function monitorAll(what, ...rest) {
  if (rest.length > 0 && isContext(rest[0])) return decorated(what, rest[0]);
  if (rest.length > 0 && isKey(rest[0])) return older(rest[0], rest[1]);
  if (typeof what === "function") return wrap(what, rest[0]);
  need(typeof what === "object" && what !== null, "what", "a function, a class, or options", what);
  return (target, place, descriptor) => {
    if (isContext(place)) return decorated(target, place, what);
    return isKey(place) ? older(place, descriptor, what) : wrap(target, what);
  };
}

/** Runs `work` in a span of this name. */
function span(name, work, options = {}) {
  need(typeof work === "function", "work", "a function", work);
  // Several blocks may have one name: they stand nowhere.
  const place = placeOf(checked({ ...options, name }), { file: "", line: 0 });
  // A block is run once or now and then, and leaves more behind than a function: always inside of `around`.
  place.promised = place.waits = true;
  return place.watched() ? run(place, work, undefined, NONE, undefined) : work();
}

module.exports = { currentSpan: current, monitorAll, span };
