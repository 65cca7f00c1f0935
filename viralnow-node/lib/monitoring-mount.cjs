"use strict";
// The dashboard inside of a server of the host's.

const { setTimeout: sleep } = require("node:timers/promises");
const { call, wait } = require("./error.cjs");
const { native } = require("./native.cjs");
const { need } = require("./options.cjs");

/** Milliseconds between two looks for the next piece of a stream. */
const LOOK = 100;

const STATUS = { INVALID_INPUT: 400, UNAVAILABLE: 503 };

/** On a thread of its own: neither do analyses make the page wait, nor a search of the log an analysis. */
const asked = async (settings) => JSON.parse(await wait(() => native.dashboardAnswer(JSON.stringify(settings))));
/** Here: it takes what is there, and waits for nothing. */
const next = (stream) => JSON.parse(call(() => native.dashboardNext(stream)));

function say(res, status, text, headers = {}) {
  res.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers });
  res.end(text);
}

/** Names and values one after the other, as Node has them, in pairs; without what HTTP/2 puts among them. */
const pairs = (raw) => Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at], raw[2 * at + 1]]).filter(([name]) => !name.startsWith(":"));

/** Until there is room for more, or nobody to take it. */
function room(res) {
  return new Promise((resolve) => {
    // It may have left while the piece was asked for.
    if (res.destroyed) return resolve();
    const on = () => {
      res.off("drain", on).off("close", on);
      resolve();
    };
    res.on("drain", on).on("close", on);
  });
}

async function passOn(stream, res) {
  try {
    while (!res.destroyed && !res.writableEnded) {
      const { piece, ended } = next(stream);
      if (ended) break;
      if (piece === null) await sleep(LOOK);
      // One who does not take it is let go by the dashboard, for nobody takes it from there meanwhile.
      else if (!res.write(piece)) await room(res);
    }
  } catch {
    // The monitor was stopped, or the stream was left alone for too long: the browser comes back.
  } finally {
    native.dashboardLeave(stream);
    res.end();
  }
}

function dashboardHandler({ at = "" } = {}) {
  need(typeof at === "string" && (at === "" || (at.startsWith("/") && !at.endsWith("/"))), "at", 'a path such as "/monitor"', at);
  return async function dashboard(req, res, next) {
    // Express takes the path that it is mounted at away.
    const base = req.baseUrl || at;
    const url = req.originalUrl ?? req.url;
    const below = url.startsWith(base) ? url.slice(base.length) : url;
    if (base !== "" && (below === url || (below !== "" && !"/?".includes(below[0])))) return next ? next() : say(res, 404, "not here");
    // The page's own addresses begin where it is: a folder.
    if (!below.startsWith("/")) return say(res, 307, "", { location: `${base}/${below}` });
    try {
      const answer = await asked({ method: req.method, target: below, headers: pairs(req.rawHeaders) });
      const headers = {};
      for (const [name, value] of answer.headers) headers[name] = name in headers ? [headers[name], value].flat() : value;
      res.writeHead(answer.status, headers);
      if (answer.stream === null) res.end(answer.body);
      else {
        res.flushHeaders();
        await passOn(answer.stream, res);
      }
    } catch (error) {
      if (res.headersSent) res.end();
      else say(res, STATUS[error.code] ?? 500, error.message);
    }
  };
}

module.exports = { dashboardHandler };
