// The package itself: two module systems, one library; the error table; the versions; the quick starts.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import test from "node:test";
import * as esm from "../../viralnow-node/lib/index.mjs";
import { demo, pack, project, root } from "./common.mjs";

const cjs = createRequire(import.meta.url)("../../viralnow-node");

test("ESM and CommonJS have the same names and the same objects", () => {
  assert.deepEqual(Object.keys(esm).sort(), Object.keys(cjs).sort());
  for (const name of Object.keys(cjs)) assert.equal(esm[name], cjs[name], name);
});

test("the version is the workspace's", () => {
  const cargo = /^version = "(.*)"$/m.exec(readFileSync(path.join(root, "Cargo.toml"), "utf8"))[1];
  const manifest = JSON.parse(readFileSync(path.join(pack, "package.json"), "utf8"));
  assert.equal(manifest.version, cargo);
  assert.equal(esm.version, cargo);
  assert.equal(manifest.dependencies, undefined);
});

test("the error codes of the types are those of the core, each with its own", () => {
  const source = readFileSync(path.join(root, "viralnow-core/src/error.rs"), "utf8");
  const table = [...source.matchAll(/= \d+, "([A-Z_]+)", retryable: (true|false);/g)].map((match) => match[1]);
  assert.ok(table.length >= 16);
  const types = readFileSync(path.join(pack, "lib/index.d.ts"), "utf8");
  const union = /export type ErrorCode =\n([^;]*);/.exec(types)[1];
  assert.deepEqual([...union.matchAll(/"([A-Z_]+)"/g)].map((match) => match[1]), table);
});

test("an error is an Error, with defaults", () => {
  const error = new esm.ViralNowError("no", { code: "IO", context: { path: "a" }, retryable: true, cause: 5 });
  assert.ok(error instanceof Error);
  assert.deepEqual([error.code, error.context, error.retryable, error.cause], ["IO", { path: "a" }, true, 5]);
  assert.equal(new esm.ViralNowError("no").code, "INTERNAL");
  assert.match(error.stack, /package\.test/);
});

function run(t, script, ...rest) {
  const file = path.join(root, "examples/node", script);
  const here = project(t, file);
  return execFileSync(process.execPath, [path.basename(file), ...rest], { cwd: here, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

test("the quick start runs", (t) => {
  const out = run(t, "quickstart.mjs", demo);
  assert.match(out, /540x960/);
  assert.match(out, /^shots: 10$/m);
  assert.match(out, /^loudness: -1[456]\.\d+ LUFS$/m);
  assert.match(out, /^score: \d+/m);
  assert.match(out, /^mfcc: \d+ frames of 20 coefficients$/m);
});

test("the quick start in CommonJS runs", (t) => {
  const out = run(t, "quickstart.cjs", "features.db", demo, "nothing.mp4");
  assert.match(out, /demo\.mp4 complete \d+/);
  assert.match(out, /^nothing\.mp4 NOT_FOUND /m);
  assert.match(out, /^columns: \d{2,}$/m);
  assert.match(out, /^stored: \[ '[0-9a-f]{32}' \]$/m);
});

test("the README's Node snippet runs", (t) => {
  const readme = readFileSync(path.join(root, "README.md"), "utf8");
  const snippet = /```js\n([\s\S]*?)```/.exec(readme)[1];
  const script = path.join(project(t), "readme.mjs");
  writeFileSync(script, snippet);
  // Its paths are those of the repository.
  const out = execFileSync(process.execPath, [script], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  assert.match(out, /^complete \d+(\.\d+)? 10$/m);
});
