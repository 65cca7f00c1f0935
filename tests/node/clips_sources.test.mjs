// Clips from a platform, over HTTP from a server in this process, and from yt-dlp.

import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { clips } from "../../viralnow-node/lib/index.mjs";
import { folder } from "./common.mjs";

const token = "tok-SECRET-invented";
const page = {
  nextPageToken: "p2",
  items: [{ id: "a", snippet: { title: "A cat" }, statistics: { viewCount: "1500", commentCount: "7" } }],
};
const quota = { error: { code: 403, message: "no more", errors: [{ reason: "quotaExceeded" }] } };

/** A server that answers with these, the last again and again. It runs on the event loop that a fetch must not hold. */
async function serve(t, ...answers) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const [status, body, headers] = answers[Math.min(asked.length, answers.length) - 1];
    response.writeHead(status, headers).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { asked, baseUrl: `http://127.0.0.1:${server.address().port}` };
}

test("pages are fetched beside the event loop, and a used-up quota keeps them", async (t) => {
  const { asked, baseUrl } = await serve(t, [200, page], [403, quota]);
  const fetched = await clips.fetch("youtube", { region: "US" }, { token, baseUrl });
  const [clip] = fetched.clips;
  assert.deepEqual([clip.id, clip.views, clip.likes, clip.comments], ["a", 1500, null, 7]);
  assert.match(clip.missing.likes, /hidden/);
  assert.deepEqual([fetched.pages, fetched.next, fetched.usage.units], [1, "p2", 2]);
  assert.deepEqual([fetched.stopped_by.code, fetched.stopped_by.retryable], ["QUOTA_EXCEEDED", false]);
  assert.equal(fetched.stopped_by.context.resets_at, fetched.usage.resets_at);
  assert.equal(asked[0].headers["x-goog-api-key"], token);
  assert.ok(!JSON.stringify(fetched).includes(token));
  const found = await clips.find(fetched.clips, { histories: fetched.snapshots });
  assert.equal(found.clips[0].clip.views, 1500);
});

test("a rate limit is waited for, and wrong settings reject", async (t) => {
  const { asked, baseUrl } = await serve(t, [429, {}, { "Retry-After": "0" }], [200, { items: [] }]);
  const fetched = await clips.fetch("youtube", undefined, { token, baseUrl, cursor: "p9", retry: { baseS: 0.01 } });
  assert.deepEqual([fetched.stopped_by, fetched.usage.retries, asked.length], [null, 1, 2]);
  assert.match(asked[1].url, /pageToken=p9/);
  await assert.rejects(clips.fetch("youtub", {}, { token }), { code: "INVALID_CONFIG" });
  await assert.rejects(clips.fetch("youtube", { pageSize: 5 }, { token }), { code: "INVALID_CONFIG" });
  await assert.rejects(clips.fetch(5), { code: "INVALID_INPUT" });
});

test("an aborted fetch rejects and asks for no more", async (t) => {
  const { asked, baseUrl } = await serve(t, [429, {}, { "Retry-After": "30" }]);
  const abort = new AbortController();
  const fetching = clips.fetch("youtube", {}, { token, baseUrl, signal: abort.signal });
  while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  abort.abort();
  await assert.rejects(fetching, { code: "CANCELLED" });
  assert.equal(asked.length, 1);
  await assert.rejects(clips.fetch("youtube", {}, { token, baseUrl, signal: 5 }), { code: "INVALID_INPUT" });
});

test("what yt-dlp printed is read from a file and from text", async (t) => {
  const text = '{"entries": [{"id": 7300000000000000001, "extractor_key": "TikTok", "view_count": 5}, null]}';
  const path = join(folder(t), "list.json");
  writeFileSync(path, text);
  for (const read of [await clips.readYtdlp(path), await clips.readYtdlp({ text })]) {
    assert.deepEqual([read.clips[0].id, read.clips[0].views, read.clips[0].likes], ["7300000000000000001", 5, null]);
    assert.deepEqual([read.left_out, read.snapshots.length], [1, 1]);
  }
  await assert.rejects(clips.readYtdlp({ text: "no JSON" }), { code: "INVALID_INPUT" });
});
