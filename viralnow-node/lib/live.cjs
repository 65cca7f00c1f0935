"use strict";
// Sound that is analysed while it happens.

const { native } = require("./native.cjs");
const { wait, invalid } = require("./error.cjs");
const { checked, need, whole } = require("./options.cjs");
const { Extractors } = require("./extract.cjs");
const { Analysis, run, told } = require("./analyze.cjs");

const over = () => invalid("the live analysis is over; begin another one");

class Live {
  #native;
  #done;
  #last = Promise.resolve(true);
  #over = false;
  #stop = new AbortController();
  #options;

  constructor(sampleRate, given) {
    const { channels = 1, ...options } = given ?? {};
    whole(sampleRate, "sampleRate", 1, 768_000);
    whole(channels, "channels", 1, 65_535);
    const settings = { ...checked(options, ["assetId"]) };
    settings.signal = settings.signal ? AbortSignal.any([settings.signal, this.#stop.signal]) : this.#stop.signal;
    this.#options = settings;
    const extractors = new Extractors(settings.extractors, false);
    this.#done = run(settings, extractors, undefined, (...rest) => {
      this.#native = native.live(sampleRate, channels, ...rest);
      return this.#native;
    });
    // Told by push and finish; nobody need have asked for it before.
    this.#done.catch(() => {});
  }

  push(samples) {
    need(samples instanceof Float32Array, "samples", "a Float32Array", samples);
    if (this.#over) return Promise.reject(over());
    // Copied now: the host may reuse its buffer while an earlier push still waits.
    const own = samples.slice();
    this.#last = this.#last.catch(() => true).then(() => this.#ask("push", own));
    return this.#last;
  }

  async finish() {
    if (this.#over) throw over();
    this.#over = true;
    await this.#last.catch(() => true);
    await this.#ask("finish");
    const { analysis } = await this.#done;
    return told(new Analysis(analysis), this.#options);
  }

  cancel() {
    this.#over = true;
    this.#stop.abort();
  }

  #ask(name, ...rest) {
    if (!this.#native) return this.#done;
    // An abort ends both; whichever is told first is the answer.
    return Promise.race([wait(() => this.#native[name](...rest)), this.#done.then(() => false)]);
  }
}

module.exports = { Live };
