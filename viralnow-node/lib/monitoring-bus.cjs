"use strict";
// Listening to the monitor's events, and jobs that tell how far they are.

const { EventEmitter } = require("node:events");
const { native } = require("./native.cjs");
const { call: sync } = require("./error.cjs");
const { need } = require("./options.cjs");

/** Items that are taken at once. */
const MANY = 256;
/** How often a handler may throw. */
const STRIKES = 3;

function opened(pattern, capacity, bell) {
  need(typeof pattern === "string", "pattern", "a string", pattern);
  need(Number.isInteger(capacity) && capacity >= 1 && capacity <= 1_048_576, "capacity", "a whole number from 1 to 1048576", capacity);
  return sync(() => new native.EventStream(pattern, capacity, bell));
}

/** Calls `handler(event)` for every event whose topic fits; what comes back ends it. A program that only listens may end. */
function subscribe(pattern, handler, { capacity = 1024 } = {}) {
  need(typeof handler === "function", "handler", "a function", handler);
  let strikes = 0;
  let open = true;
  const stop = () => {
    if (open) stream.close();
    open = false;
  };
  const look = () => {
    while (open) {
      const items = JSON.parse(stream.take(MANY) ?? "null");
      if (items === null) return stop();
      if (items.length === 0) return undefined;
      for (const item of items) {
        if (!open) return undefined;
        try {
          handler(item);
        } catch (error) {
          strikes += 1;
          process.emitWarning(error instanceof Error ? error : String(error), { code: "VIRALNOW_HANDLER" });
          // One that always throws is not called any more.
          if (strikes === STRIKES) stop();
        }
      }
    }
    return undefined;
  };
  const stream = opened(pattern, capacity, look);
  look();
  return stop;
}

/** Events whose topic fits, one after the other, for `for await`; `{ lagged: n }` once for each gap. It ends with the monitor. */
function stream(pattern, { capacity = 1024 } = {}) {
  let ring;
  let waiting;
  let rung = false;
  const events = opened(pattern, capacity, () => {
    rung = true;
    ring?.();
  });
  let ready = [];
  let ended = false;
  const close = () => {
    ended = true;
    events.close();
    ring?.();
  };
  const rest = () =>
    new Promise((resolve) => {
      // Somebody waits: that keeps the program going, as a timer does.
      waiting = setInterval(() => {}, 1 << 30);
      ring = () => {
        clearInterval(waiting);
        ring = undefined;
        resolve();
      };
      if (rung || ended) ring();
    });
  const next = async () => {
    for (;;) {
      if (ready.length > 0) return { value: ready.shift(), done: false };
      if (ended) return { value: undefined, done: true };
      rung = false;
      ready = JSON.parse(events.take(MANY) ?? "null");
      if (ready === null) {
        ready = [];
        close();
      } else if (ready.length === 0) {
        await rest();
      }
    }
  };
  let last = Promise.resolve();
  return {
    // One after the other, also when several ask.
    next: () => (last = last.then(next)),
    async return() {
      close();
      return { value: undefined, done: true };
    },
    close,
    stats: () => JSON.parse(sync(() => events.stats()) ?? "null"),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** A step of a job. */
class Step {
  #step;
  #told;

  constructor(step, told) {
    this.#step = step;
    this.#told = told;
  }

  /** The share that is done. */
  set(fraction) {
    this.#step.set(fraction);
    this.#told();
  }

  /** A job of its own that is this step. */
  job(name, steps) {
    return new Job(name, steps, { step: this.#step, told: this.#told });
  }

  /** How many items there are. */
  setTotal(items) {
    this.#step.setTotal(items);
  }

  /** So many more are done. */
  add(items = 1) {
    this.#step.add(items);
    this.#told();
  }

  /** All of it is done. */
  finish() {
    this.#step.finish();
    this.#told(true);
  }
}

/** Work in weighted steps: emits `progress`, at most ten times a second and at the end of a step. */
class Job extends EventEmitter {
  #job;
  #told = 0;
  #ended = false;
  /** Tells the job around it. */
  #around;

  constructor(name, steps, within) {
    super();
    need(typeof name === "string", "name", "a string", name);
    need(typeof steps === "object" && steps !== null, "steps", "names with their weights", steps);
    const [names, weights] = [Object.keys(steps), Object.values(steps).map(Number)];
    this.#job = within ? within.step.job(name, names, weights) : new native.Job(name, names, weights);
    this.#around = within?.told;
  }

  /** Begins a step, or goes on with it. */
  step(name) {
    need(typeof name === "string", "name", "a string", name);
    return new Step(this.#job.step(name), (now) => this.#tell(now));
  }

  #tell(now = false) {
    this.#around?.(now);
    const time = performance.now();
    if (this.listenerCount("progress") === 0 || (!now && time - this.#told < 100)) return;
    this.#told = time;
    const progress = this.progress();
    if (progress !== null) this.emit("progress", progress);
  }

  /** How far it is; null while no monitor runs. */
  progress() {
    return JSON.parse(sync(() => this.#job.snapshot()) ?? "null");
  }

  /** Asks the work to stop: it looks at `cancelled`. */
  cancel() {
    this.#job.cancel();
  }

  /** Whether it was asked to stop. */
  get cancelled() {
    return this.#job.cancelled;
  }

  /** Ends it: all is done. */
  finish() {
    this.#end(true);
  }

  /** Ends it: it failed. */
  fail() {
    this.#end(false);
  }

  #end(well) {
    if (this.#ended) return;
    this.#ended = true;
    this.#job.end(well);
    this.#tell(true);
  }
}

module.exports = { Job, job: (name, steps) => new Job(name, steps), stream, subscribe };
