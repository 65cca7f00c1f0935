"use strict";
// The one error of the library, and how it comes out of the native half: as JSON text in a plain error's message.

class ViralNowError extends Error {
  constructor(message, { code = "INTERNAL", context = {}, retryable = false, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    // What Node's own functions throw when a signal stops them; `code` tells ours apart.
    this.name = code === "CANCELLED" ? "AbortError" : "ViralNowError";
    this.code = code;
    this.context = context;
    this.retryable = retryable;
  }
}

/** The error that this JSON text describes. */
function fromJson(text, cause) {
  const { code, message, context, retryable, causes } = JSON.parse(text);
  const chain = causes.reduceRight((inner, outer) => new Error(outer, inner && { cause: inner }), undefined);
  return new ViralNowError(message, { code, context, retryable, cause: cause ?? chain });
}

/** Whatever was thrown, as our error. */
function convert(thrown) {
  if (thrown instanceof ViralNowError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (message.startsWith('{"')) {
    try {
      return fromJson(message);
    } catch {
      // Not one of ours.
    }
  }
  // napi refuses an argument before our code sees it.
  const code = /Arg|Expected|Invalid/.test(thrown?.code ?? "") ? "INVALID_INPUT" : "INTERNAL";
  return new ViralNowError(message, { code, cause: thrown });
}

/** Calls into the native half. */
function call(work) {
  try {
    return work();
  } catch (thrown) {
    throw convert(thrown);
  }
}

/** Waits for the native half. */
async function wait(work) {
  try {
    return await work();
  } catch (thrown) {
    throw convert(thrown);
  }
}

const invalid = (message, context) => new ViralNowError(message, { code: "INVALID_INPUT", context });
const config = (message, context) => new ViralNowError(message, { code: "INVALID_CONFIG", context });

module.exports = { ViralNowError, fromJson, convert, call, wait, invalid, config };
