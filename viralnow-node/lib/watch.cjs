"use strict";
// A call of the native half that takes long: its progress, its end, and stopping it.

const { native } = require("./native.cjs");
const { ViralNowError, fromJson, convert } = require("./error.cjs");
const { settingsOf } = require("./options.cjs");

/** Starts a call and settles with its end. `start` gets the receiver; `hook` answers for extractors. */
function watch({ signal, onProgress }, hook, start) {
  return new Promise((resolve, reject) => {
    const aborted = () =>
      new ViralNowError("the call was aborted", { code: "CANCELLED", cause: signal.reason });
    if (signal?.aborted) {
      reject(aborted());
      return;
    }
    let running;
    let settled = false;
    let thrown; // by onProgress
    const abort = () => {
      running?.cancel();
      if (settled) return;
      // The promise does not wait for the thread, which may be inside a step that cannot be left at once.
      settled = true;
      reject(aborted());
    };
    const receive = (message) => {
      // The native half forgets a hook that it waited for when the call is cancelled; it must not be called any more.
      if (settled || (signal?.aborted && message.kind !== "done")) return undefined;
      if (message.kind === "hook") return hook(message);
      if (message.kind === "progress") {
        if (thrown) return undefined;
        try {
          const { kind, ...progress } = message;
          onProgress(progress);
        } catch (cause) {
          thrown = new ViralNowError("onProgress threw", { code: "HOST_FAILED", cause });
          running.cancel();
        }
        return undefined;
      }
      settled = true;
      signal?.removeEventListener("abort", abort);
      if (thrown) reject(thrown);
      else if (message.error === undefined) resolve(message);
      else {
        const error = fromJson(message.error);
        reject(error);
      }
      return undefined;
    };
    try {
      running = start(receive);
    } catch (error) {
      reject(convert(error));
      return;
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** Calls a function that takes nothing but its settings and may take long. */
async function watched(name, settings, { signal, onProgress } = {}) {
  const given = settingsOf(settings);
  const start = (receive) => native.callPlainWatched(name, given, Boolean(onProgress), receive);
  const { called } = await watch({ signal, onProgress }, undefined, start);
  const vectors = Object.fromEntries(called.names.map((key, n) => [key, called.vectors[n]]));
  return { value: JSON.parse(called.value), file: called.file, vectors };
}

module.exports = { watch, watched };
