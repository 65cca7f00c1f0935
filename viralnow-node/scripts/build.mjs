// Builds the native half with cargo and lays it beside lib/ as viralnow.<platform>.node.
//
//   node scripts/build.mjs [--profile release|dist|dev]
//
// Cargo alone is enough (the library is the addon), so that it shares its target folder with all other crates.
import { spawnSync } from "node:child_process";
import { copyFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import path from "node:path";

const crate = fileURLToPath(new URL("..", import.meta.url));

/** Builds the addon into this folder and gives its path. */
export function build(profile = "release", folder = crate) {
  const cargo = spawnSync(
    "cargo",
    ["build", "--profile", profile, "-p", "viralnow-node", "--message-format=json-render-diagnostics"],
    { cwd: crate, stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 28, encoding: "utf8" },
  );
  if (cargo.error) throw cargo.error;
  if (cargo.status !== 0) process.exit(cargo.status ?? 1);
  const library = cargo.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .findLast((message) => message.reason === "compiler-artifact" && message.target.name === "viralnow_node")
    ?.filenames.find((name) => /\.(so|dylib|dll)$/.test(name));
  if (!library) throw new Error("cargo built no library");
  const addon = path.join(folder, `viralnow.${platform()}.node`);
  // Renamed into place: a running process may have the old one mapped.
  copyFileSync(library, `${addon}.new`);
  renameSync(`${addon}.new`, addon);
  return addon;
}

function platform() {
  const { platform } = createRequire(import.meta.url)("../lib/platform.cjs");
  return platform();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf("--profile");
  console.log(build(at > 0 ? process.argv[at + 1] : "release"));
}
