"use strict";
// The features of pictures as functions, on pixels and on files.

const { native } = require("./native.cjs");
const { wait, invalid } = require("./error.cjs");
const { filePath, limitsOf, need, own, settingsOf, snake, watchers, whole } = require("./options.cjs");
const { watched } = require("./watch.cjs");

/** Pixels as the native half takes them. */
function pixels(image, name) {
  need(typeof image === "object" && image !== null, name, "{ data, width, height, channels }", image);
  const { data, width, height, channels = 3 } = image;
  const bytes = data instanceof Uint8ClampedArray ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data;
  need(bytes instanceof Uint8Array, `${name}.data`, "a Uint8Array", data);
  whole(width, `${name}.width`, 1, 2 ** 32 - 1);
  whole(height, `${name}.height`, 1, 2 ** 32 - 1);
  whole(channels, `${name}.channels`, 1, 4);
  return { data: own(bytes), width, height, channels };
}

async function onPictures(name, images, options) {
  const pictures = images.map((image, n) => pixels(image, images.length > 1 ? ["a", "b"][n] : "image"));
  const { value, names, vectors } = await wait(() => native.callPictures(name, pictures, settingsOf(options ?? {})));
  return { value: JSON.parse(value), vectors: Object.fromEntries(names.map((key, n) => [key, vectors[n]])) };
}

async function onFile(name, path, options) {
  need(typeof path === "string" || path instanceof URL, "path", "a path or a file: URL", path);
  const { signal, onProgress, limits, ...rest } = options ?? {};
  const settings = { ...rest, limits: limitsOf(limits), path: filePath(path, "path") };
  return watched(name, settings, watchers({ signal, onProgress }));
}

/** What all detectors have; the rest are settings of the one that is asked for. */
const OF_ALL = ["detector", "metrics", "preset", "threads", "limits", "signal", "onProgress"];

/** The options of `detectShots`, a detector's own settings under the core's names. */
function shotOptions(options) {
  const its = Object.entries(options ?? {}).filter(([key]) => !OF_ALL.includes(key));
  const params = Object.fromEntries(its.map(([key, value]) => [snake(key), key === "weights" && value !== null ? snakes(value) : value]));
  for (const [key, value] of its) {
    if (typeof value === "number" && !Number.isFinite(value)) throw invalid(`${key} must be finite`, { argument: key });
  }
  const rest = Object.fromEntries(Object.entries(options ?? {}).filter(([key]) => OF_ALL.includes(key)));
  return { ...rest, params };
}

function snakes(weights) {
  need(typeof weights === "object" && weights !== null, "weights", "an object", weights);
  return Object.fromEntries(Object.entries(weights).map(([key, value]) => [snake(key), value]));
}

/** A function of one picture. */
const plain = (name) => async (image, options) => (await onPictures(name, [image], options)).value;

/** A fingerprint, or the text of one. */
function textOf(fingerprint, name) {
  const text = typeof fingerprint === "string" ? fingerprint : fingerprint?.base64;
  need(typeof text === "string", name, "what vision.fingerprint gives, or its base64", fingerprint);
  return text;
}

/** How many bits of two hashes differ. */
function hashDistance(a, b) {
  need(typeof a === "string", "a", "a hash", a);
  need(typeof b === "string", "b", "a hash", b);
  if (a.length !== b.length || !/^[0-9a-f]*$/i.test(a + b)) {
    throw invalid("hashes are compared that are hexadecimal and of the same length", { a, b });
  }
  let bits = 0;
  for (let n = 0; n < a.length; n++) {
    for (let digit = Number.parseInt(a[n], 16) ^ Number.parseInt(b[n], 16); digit > 0; digit >>= 1) bits += digit & 1;
  }
  return bits;
}

module.exports = {
  averageHash: plain("vision.average_hash"),
  colorhash: plain("vision.colorhash"),
  async compareFingerprints(a, b) {
    const settings = settingsOf({ a: textOf(a, "a"), b: textOf(b, "b") });
    return JSON.parse((await wait(() => native.callPlain("vision.compare_fingerprints", settings))).value);
  },
  async contactSheet(path, options) {
    const { value, file } = await onFile("vision.contact_sheet", path, options);
    return { ...value, png: file };
  },
  detectFaces: plain("vision.detect_faces"),
  detectShots: async (path, options) => (await onFile("vision.detect_shots", path, shotOptions(options))).value,
  dhash: plain("vision.dhash"),
  dhashVertical: plain("vision.dhash_vertical"),
  async findCopies(prints, options) {
    need(Array.isArray(prints), "prints", "an array of fingerprints", prints);
    const texts = prints.map((print, n) => textOf(print, `prints[${n}]`));
    return (await watched("vision.find_copies", { prints: texts }, watchers(options ?? {}))).value;
  },
  fingerprint: async (path, options) => (await onFile("vision.fingerprint", path, options)).value,
  hashDistance,
  async motionVectors(path, options) {
    const { value, vectors } = await onFile("vision.motion_vectors", path, options);
    return { ...value, ...vectors };
  },
  opticalFlow: async (a, b, options) => (await onPictures("vision.optical_flow", [a, b], options)).vectors,
  pdq: plain("vision.pdq"),
  pdqDihedral: plain("vision.pdq_dihedral"),
  phash: plain("vision.phash"),
  phashSimple: plain("vision.phash_simple"),
  readText: plain("vision.read_text"),
  whash: plain("vision.whash"),
};
