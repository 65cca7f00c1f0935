// Makes dist/viralnow-<version>.tgz: what `npm install` takes, with the addon of this platform inside. Builds with cargo's
// profile `dist`, and tries the result in an empty folder.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";

const here = fileURLToPath(new URL("..", import.meta.url));
const root = path.join(here, "..");
const dist = path.join(root, "dist");
const { platform } = createRequire(import.meta.url)("../lib/platform.cjs");
const npm = (folder, ...rest) =>
  execFileSync("npm", [...rest, "--silent"], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

const work = mkdtempSync(path.join(tmpdir(), "viralnow-pack-"));
try {
  const stage = path.join(work, "package");
  mkdirSync(stage);
  build("dist", stage);
  cpSync(path.join(here, "lib"), path.join(stage, "lib"), { recursive: true });
  for (const file of ["README.md", "LICENSE", "NOTICE.md", "NOTICE"]) {
    if (existsSync(path.join(root, file))) cpSync(path.join(root, file), path.join(stage, file));
  }
  const manifest = JSON.parse(readFileSync(path.join(here, "package.json"), "utf8"));
  // What only development needs does not ship; where the addon does not run, npm says so.
  delete manifest.scripts;
  delete manifest.devDependencies;
  manifest.os = [process.platform];
  manifest.cpu = [process.arch];
  if (process.platform === "linux") manifest.libc = [platform().endsWith("musl") ? "musl" : "glibc"];
  writeFileSync(path.join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);

  mkdirSync(dist, { recursive: true });
  const [{ filename }] = JSON.parse(npm(stage, "pack", "--json", "--pack-destination", dist));
  const tarball = path.join(dist, filename);

  const trial = path.join(work, "trial");
  mkdirSync(trial);
  writeFileSync(path.join(trial, "package.json"), '{ "private": true }\n');
  npm(trial, "install", "--offline", "--no-audit", "--no-fund", tarball);
  cpSync(path.join(root, "examples/node/quickstart.mjs"), path.join(trial, "quickstart.mjs"));
  const clip = path.join(root, "examples/media/demo.mp4");
  execFileSync(process.execPath, ["quickstart.mjs", clip], { cwd: trial, stdio: ["ignore", "ignore", "pipe"] });
  console.log(path.relative(root, tarball));
} finally {
  rmSync(work, { recursive: true, force: true });
}
