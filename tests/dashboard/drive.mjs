// Drives the dashboard in a headless Chromium, over its debugging pipe: node tests/dashboard/drive.mjs PROGRAM [FOLDER FOR PICTURES]
// PROGRAM is the example `dashboard`, built. Without a Chromium (VIRALNOW_CHROMIUM, else chromium or google-chrome) it is skipped.
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [program, pictures] = process.argv.slice(2);
const found = [process.env.VIRALNOW_CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].filter(Boolean).find((name) => {
  try { execFileSync(name, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] }); return true; } catch { return false; }
});
if (!found) {
  console.log('SKIPPED dashboard: no Chromium found (set VIRALNOW_CHROMIUM)');
  process.exit(0);
}

const profile = mkdtempSync(join(tmpdir(), 'viralnow-chromium-'));
const monitor = spawn(program, ['120', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
const browser = spawn(found, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--remote-debugging-pipe', `--user-data-dir=${profile}`, '--window-size=1280,900', 'about:blank'],
{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
const stop = () => { browser.kill(); monitor.kill(); try { rmSync(profile, { recursive: true, force: true }); } catch { /* it is temporary */ } };
process.on('exit', stop);
setTimeout(() => { console.error('it took longer than two minutes'); process.exit(1); }, 120_000).unref();

let number = 0, rest = '';
const waiting = new Map(), heard = [];
browser.stdio[4].on('data', (data) => {
  const parts = (rest + data).split('\0');
  rest = parts.pop();
  for (const part of parts) {
    const message = JSON.parse(part);
    if (message.id) { waiting.get(message.id)?.(message); waiting.delete(message.id); } else heard.push(message);
  }
});
let session;
const send = (method, params = {}) => new Promise((resolve, reject) => {
  const id = ++number;
  waiting.set(id, (message) => (message.error ? reject(new Error(`${method}: ${message.error.message}`)) : resolve(message.result)));
  browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId: session }) + '\0');
});
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ask = async (expression) => {
  const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
  assert.ok(!exceptionDetails, `${expression}: ${exceptionDetails?.exception?.description}`);
  return result.value;
};
const until = async (what, expression, ms = 20_000) => {
  const end = Date.now() + ms;
  for (;;) {
    if (await ask(`Boolean(${expression})`)) return;
    assert.ok(Date.now() < end, `did not come: ${what}`);
    await sleep(50);
  }
};
const size = (width, height) => send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 });
const scheme = (value) => send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] });
const picture = async (name) => {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await sleep(300);
  const { data } = await send('Page.captureScreenshot', { format: 'png' });
  writeFileSync(join(pictures, name + '.png'), Buffer.from(data, 'base64'));
};
const press = async (key) => {
  for (const type of ['keyDown', 'keyUp']) await send('Input.dispatchKeyEvent', { type, key, text: type === 'keyDown' ? key : undefined });
};

const url = await new Promise((resolve) => monitor.stdout.once('data', (data) => resolve(String(data).trim().split('\n')[0])));
const origin = new URL(url).origin;

// Without the token nothing is shown; from another site's page nothing is answered; a token in a path other than / does not count.
assert.equal((await fetch(origin + '/')).status, 401);
assert.equal((await fetch(origin + '/api/status')).status, 401);
assert.equal((await fetch(origin + '/healthz')).status, 200);
const token = new URL(url).searchParams.get('token');
const bearer = { authorization: `Bearer ${token}` };
const metrics = await (await fetch(origin + '/metrics', { headers: bearer })).text();
assert.match(metrics, /^# TYPE viralnow_calls_total counter$/m);
assert.equal((await fetch(origin + '/api/status', { headers: { ...bearer, origin: 'http://evil.example' } })).status, 403);
const page = await fetch(origin + '/', { headers: bearer });
assert.match(page.headers.get('content-security-policy'), /default-src 'self'/);

const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
session = (await send('Target.attachToTarget', { targetId, flatten: true })).sessionId;
for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await send(domain + '.enable');
await size(1280, 900);
await scheme('light');
await send('Page.addScriptToEvaluateOnNewDocument', { source: `addEventListener('DOMContentLoaded', () => { window.ready = performance.now();
  new MutationObserver(() => { if (!window.shown && document.querySelector('.card p')) window.shown = performance.now(); }).observe(document, { childList: true, subtree: true }); });` });
await send('Page.navigate', { url });
await until('live numbers', 'window.shown');
const took = await ask('window.shown - window.ready');
console.log(`live numbers after ${Math.round(took)} ms`);
assert.ok(took < 500, `live numbers after ${took} ms`);
assert.ok(!(await ask('location.href')).includes('token'), 'the token stays in the address');
assert.equal(await ask('document.cookie'), '', 'a script can read the cookie');

const calls = () => ask("document.querySelector('.card small').textContent");
const before = await calls();
await until('numbers that move', `document.querySelector('.card small').textContent !== ${JSON.stringify(before)}`);
await until('an error', "document.body.textContent.includes('TIMEOUT')");
await sleep(2500);
await picture('overview-light');
await scheme('dark');
await picture('overview-dark');

await press('3');
await until('errors', "location.hash === '#errors' && document.querySelector('details')");
await ask("document.querySelector('details summary').click()");
await until('a stack', "document.querySelector('details[open] pre.stack')?.textContent.includes('Traceback')");
await picture('errors-dark');
const text = await ask('document.body.textContent');
assert.ok(!text.includes('hunter2') && !text.includes('bob@') && text.includes('[redacted:email#'), 'a secret is shown');
await sleep(1200);
assert.ok(await ask("document.querySelector('details[open] pre.stack') !== null"), 'an update closes what was opened');

await press('5');
await until('alerts', "document.querySelector('[data-alert=fetch_failure]')");
await until('an alert that fired', "document.body.textContent.includes('fired') && document.querySelector('main table')", 40_000);
await until('and resolved', "[...document.querySelectorAll('main table .pill')].some((pill) => pill.textContent === 'resolved')", 40_000);
await ask("[...document.querySelectorAll('button')].find((button) => button.textContent === 'Try').click()");
await until('a trial', "document.body.textContent.includes('was told to its channels')");
await picture('alerts-dark');
await scheme('light');

await press('7');
await until('the log', "document.querySelectorAll('.log > div').length > 3");
await press('/');
assert.equal(await ask('document.activeElement.type'), 'search');
await send('Input.insertText', { text: 'function.failed timeout' });
await until('what is searched for', "document.querySelectorAll('.log > div').length > 0 && [...document.querySelectorAll('.log > div em')].every((topic) => topic.textContent === 'function.failed')");
await ask('document.activeElement.blur()');
await press('t');
assert.equal(await ask('document.documentElement.dataset.theme'), 'dark');
await press('t');

for (const width of [1280, 360]) {
  await size(width, width === 360 ? 780 : 900);
  for (const name of ['overview', 'functions', 'errors', 'jobs', 'alerts', 'events', 'log', 'config']) {
    await ask(`location.hash = '#${name}'`);
    await until(name, `document.querySelector('nav [aria-current]')?.dataset.view === '${name}' && document.querySelector('main').children.length`);
    await sleep(400);
    const wide = await ask('document.scrollingElement.scrollWidth - innerWidth');
    assert.ok(wide <= 0, `${name} is ${wide} px too wide at ${width}`);
    await picture(`${name}-${width}`);
  }
}

const outside = heard.filter((m) => m.method === 'Network.requestWillBeSent').map((m) => m.params.request.url).filter((asked) => !asked.startsWith(origin) && !asked.startsWith('data:'));
assert.deepEqual(outside, [], 'requests to elsewhere');
const complaints = heard.filter((m) => (m.method === 'Runtime.consoleAPICalled' && m.params.type === 'error') || m.method === 'Runtime.exceptionThrown' || (m.method === 'Log.entryAdded' && m.params.entry.level === 'error'));
assert.deepEqual(complaints.map((m) => JSON.stringify(m.params).slice(0, 400)), [], 'errors on the console');
console.log('the dashboard does what it should');
process.exit(0);
