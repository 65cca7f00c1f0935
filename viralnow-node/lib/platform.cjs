"use strict";

/** `linux-x64-gnu`, `linux-arm64-musl`, `darwin-arm64`, `win32-x64-msvc`, … */
function platform() {
  const { platform: system, arch } = process;
  if (system === "win32") return `win32-${arch}-msvc`;
  if (system !== "linux") return `${system}-${arch}`;
  // The whole report with the network's interfaces may take seconds.
  const { report } = process;
  const network = report.excludeNetwork;
  report.excludeNetwork = true;
  const glibc = report.getReport().header.glibcVersionRuntime;
  report.excludeNetwork = network;
  return `linux-${arch}-${glibc ? "gnu" : "musl"}`;
}

module.exports = { platform };
