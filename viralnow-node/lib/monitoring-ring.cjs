"use strict";
// Spans of this thread, kept in an array of numbers and handed to the core many at a time: one call into native code for each would cost
// more than all the rest of a span.

const { AsyncLocalStorage } = require("node:async_hooks");
// The real one, whatever a test puts in the place of the global.
const { setTimeout } = require("node:timers");
const { native } = require("./native.cjs");

/**
 * Nanoseconds of the monotonic clock. What goes straight from here into an array of the kind is no object in between; `hrtime()` makes
 * one, and `performance.now()`, the same clock, is dearer.
 */
const { bigint: now } = process.hrtime;

/** Place, span and parent. */
const WIDTH = 3;
/** Milliseconds that a span waits here at most, and nanoseconds. */
const WAIT = 50;
const WAIT_NS = 50_000_000n;
/** Span numbers are taken so many at a time. */
const BLOCK = 4096;

/** The number of the span around what waits: it is known again where that goes on. */
const around = new AsyncLocalStorage();
/** Numbers of spans, in an array of their kind: in a variable each new one would be an object of its own. */
const numbers = new Float64Array(3);
/** Where in it the span is that the running code is in: number 0 outside, and where something that waited goes on. */
const INSIDE = 0;
/** Where the next one is, and the first that is not ours. */
const NEXT = 1;
const END = 2;
/** Whether anything was ever run inside of `around`: until then there is nothing to be read. */
let waited = false;
/**
 * What the core sees too: flags, records, and their times, start and end of each, then when they are handed over. Of a thread that is
 * terminated it takes what waits there.
 */
const { flags: flag, records, times } = native.monitorArrays();
const MOST = records.length / WIDTH;
/** Whether a monitor runs: the core changes it. */
const RUNS = 0;
/**
 * How many records may wait before the next has something done: one less than there is room for, and 0 where there is no timer yet. The core
 * puts 0 here when it is time to hand over.
 */
const UNTIL = 1;
/** How many wait. */
const COUNT = 2;
/** Texts about arguments, and in pairs which record has which of them. */
let told = [];
const toldAt = new Uint32Array(2 * MOST);
let toldCount = 0;
let timer;
/** When the places were last asked for. */
let askedAt = 0n;

/** A place in the host's code; its number is known once a monitor runs, and stays. */
class Place {
  constructor({ name, module, weight, started }, { file, line }) {
    this.name = name;
    this.module = module;
    this.weight = weight;
    this.file = file;
    this.line = line;
    /** Whether a call tells that it begins. */
    this.started = started;
    this.id = 0;
    this.keeps = true;
    /** Whether its next call is run inside of `around`: until one gave something else than a promise, and where one ever gave a promise. */
    this.waits = true;
    this.promised = false;
    /** The kinds of the last call's arguments, and their text: most calls of a function have the same. */
    this.kinds = [];
    this.kindsText = "";
  }

  /** Whether somebody watches. */
  watched() {
    if (flag[RUNS] === 0) return false;
    if (this.id === 0) this.id = native.monitorPlace(this.name, this.module, this.file, this.line, this.weight);
    return this.id !== 0;
  }
}

/** Most places that are told apart, as in the core. */
const MOST_PLACES = 16_384;
const places = new Map();

/** The place of these settings, the same one for all that is alike: what is watched anew with every request is no new place. */
function placeOf(wanted, where) {
  const { name, module, weight, args, started } = wanted;
  const key = `${name}\0${module}\0${weight}\0${args}\0${started}\0${where.file}\0${where.line}`;
  let place = places.get(key);
  if (place === undefined) {
    const full = places.size >= MOST_PLACES;
    place = full ? (places.get("") ?? new Place({ ...wanted, name: "(other)", module: "" }, { file: "", line: 0 })) : new Place(wanted, where);
    places.set(full ? "" : key, place);
  }
  return place;
}

/** The first number of a new block. */
function reserve() {
  const first = native.monitorReserve(BLOCK);
  // The monitor has gone meanwhile: outside of all spans, and asked again by the next.
  if (first === 0) return 0;
  numbers[NEXT] = first + 1;
  numbers[END] = first + BLOCK;
  return first;
}

/** A number for a span. */
function number() {
  const next = numbers[NEXT];
  if (next === numbers[END]) return reserve();
  numbers[NEXT] = next + 1;
  return next;
}

/** The number of the span that is entered from here on is in; 0 outside of all. */
function current() {
  const inside = numbers[INSIDE];
  if (inside !== 0) return inside;
  return waited ? (around.getStore() ?? 0) : 0;
}

/** Enters a span, or leaves one; gives the one before. Only as long as the code on the stack runs. */
function enter(span) {
  const before = numbers[INSIDE];
  numbers[INSIDE] = span;
  return before;
}

/** Runs `fn` inside of a span, and whatever it leaves behind to go on later. */
function within(span, fn, self, args) {
  waited = true;
  const before = enter(span);
  try {
    return around.run(span, Reflect.apply, fn, self, args);
  } finally {
    numbers[INSIDE] = before;
  }
}

/** A span begins, of a place that tells so. */
function begun(place, span, parent) {
  drain();
  native.monitorStarted(place.id, span, parent);
}

/** A span ended well. */
function record(place, span, parent, start, args) {
  const count = flag[COUNT];
  const at = count * WIDTH;
  records[at] = place.id;
  records[at + 1] = span;
  records[at + 2] = parent;
  times[2 * count] = start;
  times[2 * count + 1] = now();
  flag[COUNT] = count + 1;
  if (args !== undefined) tell(args, count);
  if (count >= flag[UNTIL]) hand();
}

/** What the record at this place tells of its arguments. */
function tell(args, at) {
  if (told.length === 0 || told[told.length - 1] !== args) told.push(args);
  toldAt[toldCount] = at;
  toldAt[toldCount + 1] = told.length - 1;
  toldCount += 2;
}

/** Hands over when there is no more room, or it is time; makes sure that a timer will, too. */
function hand() {
  // Where there is no timer nothing was handed over for long, or at all.
  if (timer !== undefined || flag[COUNT] >= MOST) drain();
  if (timer === undefined) timer = setTimeout(rang, WAIT).unref();
  flag[UNTIL] = MOST - 1;
}

function rang() {
  timer = undefined;
  drain();
  // The next record sets it again.
  flag[UNTIL] = 0;
}

/** Hands over what waits. */
function drain() {
  const count = flag[COUNT];
  if (count === 0) return;
  const time = now();
  times[2 * count] = time;
  native.monitorRecords(records, times, count, toldAt, toldCount, told);
  flag[COUNT] = 0;
  if (toldCount > 0) {
    toldCount = 0;
    told = [];
  }
  // Levels change while it runs: those of hot functions by themselves.
  if (time - askedAt < WAIT_NS) return;
  askedAt = time;
  for (const place of places.values()) {
    if (place.id !== 0) place.keeps = native.monitorKeeps(place.id);
  }
}

/** Hands over what waits, and waits until the core has it. */
function settle() {
  drain();
  native.monitorSettle();
}

/** A span did not end well. */
function failure(place, span, parent, start, what) {
  // Before anything else: handing over is not the function's time.
  const took = Number(now() - start) / 1e6;
  drain();
  native.monitorFailure({ span: [place.id, span, parent], times: [took, took], ...what });
}

process.on("exit", settle);

module.exports = { begun, current, enter, failure, now, number, placeOf, record, settle, within };
