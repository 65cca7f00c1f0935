// State, the stream, the keys.
import { h, fill } from './dom.js';
import { VIEWS } from './views.js';

const state = {
  frame: null, points: [], rows: [], rates: new Map(), paused: false, lastCalls: new Map(), lastAt: 0,
  open: new Set(), filter: {}, sort: ['total_s', -1], details: new Map(),
};
const main = document.getElementById('main');
const nav = document.getElementById('nav');
let view = null, connected = false, pending = false;

function take(frame) {
  if (state.paused) return;
  if (frame.whole) { state.points = []; state.rows = []; }
  const last = state.points.at(-1);
  state.points.push(...frame.points.filter((point) => !last || point.t_ms > last.t_ms));
  state.points = state.points.slice(-600);
  const known = state.rows.at(-1)?.seq ?? 0;
  state.rows.push(...frame.rows.filter((row) => row.seq > known));
  state.rows = state.rows.slice(-1000);
  // Calls per second of each function, from one frame to the next.
  const now = performance.now(), passed = (now - state.lastAt) / 1000;
  if (passed > 0.2) {
    for (const row of frame.functions) {
      const key = row.module + '\u0000' + row.name, before = state.lastCalls.get(key);
      const rates = state.rates.get(key) ?? [];
      if (before !== undefined && state.lastAt) rates.push(Math.max(0, (row.calls - before) / passed));
      state.rates.set(key, rates.slice(-40));
      state.lastCalls.set(key, row.calls);
    }
    state.lastAt = now;
  }
  state.frame = frame;
  draw();
}

function draw() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => { pending = false; paint(); });
}

function paint() {
  const frame = state.frame;
  const pill = document.getElementById('state');
  const how = !connected ? 'offline' : state.paused ? 'paused' : frame?.status.state ?? 'connecting';
  pill.textContent = how;
  pill.className = 'pill ' + ({ running: 'good', idle: '', degraded: 'warn', offline: 'bad', stopped: 'bad', paused: 'warn' }[how] ?? '');
  if (!frame) return;
  const firing = (frame.alerts.states ?? []).filter((alert) => alert.phase === 'firing').length;
  const banner = document.getElementById('banner');
  const wrong = frame.config_error;
  banner.hidden = !wrong;
  if (wrong) banner.textContent = 'The settings file is wrong; the last good settings are in force.\n' + wrong;
  document.title = (firing ? `(${firing}) ` : '') + 'ViralNow monitor';
  for (const link of nav.children) {
    const marks = { alerts: firing, errors: 0 }[link.dataset.view] ?? 0;
    fill(link, link.dataset.title, marks ? h('b', {}, marks) : null);
  }
  view?.update(state);
}

function show() {
  const name = location.hash.slice(1).split('/')[0];
  const [key, chosen] = VIEWS.find(([key]) => key === name) ?? VIEWS[0];
  for (const link of nav.children) {
    if (link.dataset.view === key) { link.setAttribute('aria-current', 'page'); link.scrollIntoView({ inline: 'center', block: 'nearest' }); } else link.removeAttribute('aria-current');
  }
  view = chosen.make(state, draw);
  main.replaceChildren(view.element);
  paint();
}

nav.append(...VIEWS.map(([key, { title }]) => h('a', { href: '#' + key, 'data-view': key, 'data-title': title }, title)));
addEventListener('hashchange', show);

function pause() {
  state.paused = !state.paused;
  document.getElementById('pause').setAttribute('aria-pressed', state.paused);
  paint();
}

function theme() {
  const dark = document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme:dark)').matches ? 'dark' : 'light');
  const next = dark === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem('viralnow-theme', next); } catch { /* no storage: it holds for this page */ }
}

try {
  const kept = localStorage.getItem('viralnow-theme');
  if (kept) document.documentElement.dataset.theme = kept;
} catch { /* as the system has it */ }

const dialog = document.getElementById('keys');
fill(dialog, h('h2', {}, 'Keys'), h('table', {}, [
  ...VIEWS.map(([, { title }], i) => [i + 1, title]), ['/', 'search'], ['p', 'pause'], ['t', 'dark or light'], ['?', 'this'],
].map(([key, what]) => h('tr', {}, h('td', {}, h('kbd', {}, key)), h('td', {}, what)))), h('p', {}, h('button', { onclick: () => dialog.close() }, 'Close')));

document.getElementById('pause').addEventListener('click', pause);
document.getElementById('theme').addEventListener('click', theme);
document.getElementById('help').addEventListener('click', () => dialog.showModal());
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches('input,select,textarea')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const number = Number(event.key);
  if (number >= 1 && number <= VIEWS.length) location.hash = VIEWS[number - 1][0];
  else if (event.key === '/') { const search = main.querySelector('input[type=search]'); if (search) { event.preventDefault(); search.focus(); } }
  else if (event.key === 'p') pause();
  else if (event.key === 't') theme();
  else if (event.key === '?') dialog.showModal();
});

// One tab holds the stream and tells the others: a browser opens six connections to one host at most.
const channel = 'BroadcastChannel' in window ? new BroadcastChannel('viralnow' + location.pathname) : null;
let last = null;

function listen() {
  return new Promise(() => {
    let lost;
    const here = () => { clearTimeout(lost); lost = undefined; connected = true; };
    const begin = () => {
      const stream = new EventSource('api/live');
      stream.addEventListener('open', () => { here(); draw(); });
      stream.addEventListener('error', () => {
        // Behind some servers the stream ends with each frame, and the browser comes back a second later.
        lost ??= setTimeout(() => { connected = false; draw(); }, 2500);
        // Not by itself where it was refused.
        if (stream.readyState === EventSource.CLOSED) setTimeout(begin, 2000);
      });
      stream.addEventListener('frame', (event) => {
        here();
        last = JSON.parse(event.data);
        take(last);
        channel?.postMessage({ frame: last });
      });
    };
    begin();
  });
}

if (channel) {
  channel.addEventListener('message', ({ data }) => {
    if (data.frame) { connected = true; take(data.frame); }
    // A tab that came later asks for a whole frame.
    else if (data.ask && last) channel.postMessage({ frame: { ...last, whole: true, points: state.points, rows: state.rows } });
  });
}
if (channel && navigator.locks) {
  channel.postMessage({ ask: true });
  navigator.locks.request('viralnow-stream' + location.pathname, listen);
} else listen();
show();
