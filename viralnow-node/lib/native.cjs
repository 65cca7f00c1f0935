"use strict";
// Finds and loads the native half: the one built beside this folder, else the package of the platform.

const fs = require("node:fs");
const path = require("node:path");
const { platform } = require("./platform.cjs");

function load() {
  const name = platform();
  const local = path.join(__dirname, "..", `viralnow.${name}.node`);
  try {
    return fs.existsSync(local) ? require(local) : require(`viralnow-${name}`);
  } catch (cause) {
    const library = /(lib(?:av|sw)\S*\.so\S*)/.exec(cause.message)?.[1];
    const why =
      cause.code === "MODULE_NOT_FOUND"
        ? `there is no build for ${name}; build it with \`npm run build\` in viralnow-node`
        : library
          ? `FFmpeg's ${library.replace(/:$/, "")} is not there; install FFmpeg (Debian, Ubuntu: apt install ffmpeg)`
          : "it cannot be loaded";
    const error = new Error(`viralnow's native library: ${why}`, { cause });
    error.code = "UNAVAILABLE";
    throw error;
  }
}

const native = load();

// Where Node itself would find ONNX Runtime for this package.
try {
  native.offerRuntime(path.dirname(require.resolve("onnxruntime-node/package.json")));
} catch {
  // Not installed: what needs it says so.
}

module.exports = { native };
