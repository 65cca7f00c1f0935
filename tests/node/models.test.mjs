// Known models: listing, finding, fetching from a server on this machine.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { models } from "../../viralnow-node/lib/index.mjs";

const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 40_503) >> 7));

test("a model is fetched, stopped, gone on with and found", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "viralnow-models-"));
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.range);
    const begin = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const range = begin ? { "content-range": `bytes ${begin}-${content.length - 1}/${content.length}` } : {};
    response.writeHead(begin ? 206 : 200, { "content-length": content.length - begin, ...range });
    if (asked.length > 1) response.end(content.subarray(begin));
    else response.write(content.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${server.address().port}/mine.onnx`;
    const sha256 = createHash("sha256").update(content).digest("hex");
    const file = { name: "mine.onnx", bytes: content.length, sha256, url };
    const manifest = path.join(folder, "models.json");
    await writeFile(manifest, JSON.stringify([{ name: "mine", what: "a test", licence: "MIT", source: "", files: [file] }]));
    const place = { dir: path.join(folder, "models"), manifest };
    await assert.rejects(models.where("mine", place), { code: "UNAVAILABLE" });
    const stop = () => {
      throw new Error("enough");
    };
    await assert.rejects(models.pull("mine", { ...place, onProgress: stop }), { code: "HOST_FAILED" });
    const pulled = await models.pull("mine", place);
    assert.deepEqual(pulled.fetched, ["mine.onnx"]);
    assert.ok(pulled.bytes + pulled.resumed >= content.length);
    assert.ok(content.equals(await readFile(path.join(place.dir, "mine.onnx"))));
    assert.equal((await models.verify("mine", place)).good, true);
    assert.equal(await models.where("mine", place), path.join(place.dir, "mine.onnx"));
    await assert.rejects(stat(path.join(place.dir, "mine.onnx.part")));
    await assert.rejects(models.pull("whisper-medium", place), { code: "UNAVAILABLE" });
    const listed = (await models.list(place)).models;
    assert.ok(listed.find(({ name }) => name === "mine").path);
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});
