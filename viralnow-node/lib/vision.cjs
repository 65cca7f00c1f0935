"use strict";
// The features of pictures as functions, on pixels and on files.

const { native } = require("./native.cjs");
const { wait, invalid } = require("./error.cjs");
const { filePath, need, own, settingsOf, whole } = require("./options.cjs");

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
  const settings = settingsOf({ ...options, path: filePath(path, "path") });
  const { value, file, names, vectors } = await wait(() => native.callPlain(name, settings));
  return { value: JSON.parse(value), file, vectors: Object.fromEntries(names.map((key, n) => [key, vectors[n]])) };
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
  detectShots: async (path, options) => (await onFile("vision.detect_shots", path, options)).value,
  dhash: plain("vision.dhash"),
  dhashVertical: plain("vision.dhash_vertical"),
  fingerprint: async (path, options) => (await onFile("vision.fingerprint", path, options)).value,
  hashDistance,
  async motionVectors(path, options) {
    const { value, vectors } = await onFile("vision.motion_vectors", path, options);
    return { ...value, ...vectors };
  },
  opticalFlow: async (a, b, options) => (await onPictures("vision.optical_flow", [a, b], options)).vectors,
  pdq: plain("vision.pdq"),
  phash: plain("vision.phash"),
  phashSimple: plain("vision.phash_simple"),
  readText: plain("vision.read_text"),
  whash: plain("vision.whash"),
};
