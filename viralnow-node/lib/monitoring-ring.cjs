"use strict";
// Spans of this thread, kept in an array of numbers and handed to the core many at a time: one call into native code for each would cost
// more than all the rest of a span.

const { AsyncLocalStorage } = require("node:async_hooks");
const { native } = require("./native.cjs");

/** Place, span, parent, start and duration. */
const WIDTH = 5;
const MOST = 1024;
/** Milliseconds that a span waits here at most. */
const WAIT = 50;
/** Span numbers are taken so many at a time. */
const BLOCK = 4096;

/** The number of the span around what runs now. */
const around = new AsyncLocalStorage();
/** Whether a monitor runs: the core changes it. */
const flag = native.monitorFlag();
const records = new Float64Array(WIDTH * MOST);
let count = 0;
let told = [];
let toldAt = [];
let timer;
let nextSpan = 0;
let lastSpan = 0;

/** A place in the host's code; its number is known once a monitor runs, and stays. */
class Place {
  constructor(name, module, weight) {
    this.name = name;
    this.module = module;
    this.weight = weight;
    this.id = 0;
    this.keeps = true;
  }

  /** Whether somebody watches. */
  watched() {
    if (flag[0] === 0) return false;
    if (this.id === 0) {
      this.id = native.monitorPlace(this.name, this.module, this.weight);
      places.push(this);
    }
    return this.id !== 0;
  }
}

const places = [];

/** A number for a span. */
function number() {
  if (nextSpan === lastSpan) {
    nextSpan = native.monitorReserve(BLOCK);
    lastSpan = nextSpan + BLOCK;
  }
  return nextSpan++;
}

/** A span ended well. */
function record(place, span, parent, start, args) {
  const at = count * WIDTH;
  records[at] = place.id;
  records[at + 1] = span;
  records[at + 2] = parent;
  records[at + 3] = start;
  records[at + 4] = performance.now() - start;
  if (args !== undefined) {
    toldAt.push(count);
    told.push(args);
  }
  count += 1;
  if (count === MOST) drain();
  else if (timer === undefined) wake();
}

function wake() {
  timer = setTimeout(drain, WAIT);
  timer.unref();
}

/** Hands over what waits. */
function drain() {
  if (timer !== undefined) clearTimeout(timer);
  timer = undefined;
  if (count === 0) return;
  native.monitorRecords(records, count, performance.now(), toldAt, told);
  count = 0;
  if (toldAt.length > 0) {
    toldAt = [];
    told = [];
  }
  // Levels change while it runs: those of hot functions by themselves.
  for (const place of places) place.keeps = native.monitorKeeps(place.id);
}

/** A span did not end well. */
function failure(place, span, parent, start, what) {
  const now = performance.now();
  native.monitorFailure({ span: [place.id, span, parent], times: [now - start, now - start], ...what });
}

process.on("exit", drain);

module.exports = { Place, around, drain, failure, number, record };
