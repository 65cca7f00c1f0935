// The views. Each makes its frame once and fills it with every update.
import { h, fill, count, seconds, bytes, percent, clock, when, ago, chart, spark } from './dom.js';

const empty = (text) => h('p.empty', {}, text);
const panel = (title, note, ...children) => h('section.panel', {}, h('h2', {}, title, h('small', {}, note)), ...children);
const key = (row) => row.module + '\u0000' + row.name;
const pill = (text, kind = '') => h('span.pill', { class: 'pill ' + kind }, text);
const call = async (path, options) => {
  const answer = await fetch(path, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error ?? answer.statusText);
  return body;
};

function card(title, value, note = '', kind = '') {
  return h('div', { class: 'card ' + kind }, h('h3', {}, title), h('p', {}, value), h('small', {}, note));
}

function droppedOf(status) {
  const causes = Object.entries(status.dropped ?? {}).filter(([, n]) => n > 0);
  const sinks = (status.sinks ?? []).filter((sink) => sink.dropped > 0).map((sink) => [sink.name, sink.dropped]);
  const all = [...causes, ...sinks];
  return [all.reduce((sum, [, n]) => sum + n, 0), all.map(([name, n]) => `${name.replace('_', ' ')} ${count(n)}`).join(', ')];
}

const overview = {
  title: 'Overview',
  make() {
    const cards = h('div.cards'), rate = h('div'), latency = h('div'), slow = h('div'), wrong = h('div'), sinks = h('div');
    const legend = (...items) => h('small.legend', {}, items.map(([name, text]) => [h('i', { class: name }), text]));
    const element = h('div', {}, cards,
      h('div.grid', {},
        h('section.panel', {}, h('h2', {}, 'Throughput', legend(['calls', 'calls/s'], ['err', 'failed/s'])), rate),
        h('section.panel', {}, h('h2', {}, 'Latency', legend(['p50', 'p50'], ['p95', 'p95'], ['p99', 'p99'])), latency),
        panel('Where the time goes', 'most of it first', slow),
        panel('Latest errors', '', wrong)),
      panel('Sinks', 'where records go', sinks));
    return { element, update(state) {
      const { frame, points } = state, now = points.at(-1) ?? {}, status = frame.status;
      const [dropped, causes] = droppedOf(status);
      const share = now.calls ? now.errors / now.calls : 0;
      const firing = (frame.alerts.states ?? []).filter((alert) => alert.phase === 'firing');
      fill(cards,
        card('Calls per second', count(now.calls_per_s ?? 0), count(now.calls ?? 0) + ' in all'),
        card('Failed', percent(share), count(now.errors ?? 0) + ' in all', now.errors_per_s > 0 ? 'bad' : ''),
        card('p95 now', seconds(points.findLast((p) => p.p95_s !== null)?.p95_s), 'p99 ' + seconds(points.findLast((p) => p.p99_s !== null)?.p99_s)),
        card('Alerts', firing.length || 'none', firing.map((alert) => alert.name).join(', ') || 'firing', firing.length ? 'bad' : ''),
        card('Dropped records', count(dropped), causes || 'counts are exact all the same', dropped ? 'warn' : ''),
        card('Own overhead', percent(now.overhead ?? 0), 'of one processor, ' + bytes(now.memory_bytes), now.overhead > 0.05 ? 'warn' : ''),
        card('Process', bytes(now.rss_bytes), 'up ' + seconds(Math.round(status.uptime_s ?? 0))));
      const from = points.length > 1 ? seconds(Math.round((points.at(-1).t_ms - points[0].t_ms) / 1000)) + ' ago' : '';
      fill(rate, chart([['calls', points.map((p) => p.calls_per_s)], ['err', points.map((p) => p.errors_per_s)]], count, { area: true, from, label: 'Calls per second' }));
      const of = (name) => points.map((p) => p[name] ?? NaN);
      fill(latency, chart([['p50', of('p50_s')], ['p95', of('p95_s')], ['p99', of('p99_s')]], seconds, { from, label: 'Latency' }));
      const total = frame.functions.reduce((sum, row) => sum + row.total_s, 0) || 1;
      fill(slow, frame.functions.length ? h('table', {}, frame.functions.slice(0, 8).map((row) => {
        const bar = h('span');
        bar.style.width = (row.total_s / total) * 100 + '%';
        return h('tr', {}, h('td.wrap', {}, h('code', {}, row.name)), h('td', { class: 'hide' }, h('div.meter', {}, bar)), h('td.n', {}, seconds(row.total_s)), h('td.n', {}, percent(row.total_s / total)));
      })) : empty('No call yet.'));
      fill(wrong, frame.errors.length ? h('table', {}, frame.errors.slice(0, 6).map((group) => h('tr', {},
        h('td.wrap', {}, h('a', { href: '#errors', onclick: () => state.open.add(group.id) }, h('code', {}, group.kind || 'error')), ' in ', h('code', {}, group.function), h('div.soft.wrap', {}, group.message.slice(0, 160))),
        h('td.n', {}, count(group.count), ' ×'), h('td.n.soft', { class: 'n soft hide' }, ago(group.last_us))))) : empty('None. Good.'));
      const list = status.sinks ?? [];
      fill(sinks, list.length ? h('div.scroll', {}, h('table', {}, h('tr', {}, h('th', {}, 'sink'), h('th', {}, 'state'), h('th.n', {}, 'written'), h('th.n', {}, 'waiting'), h('th.n', {}, 'dropped'), h('th', {}, 'last error')),
        list.map((sink) => h('tr', {}, h('td', {}, sink.name), h('td', {}, pill(sink.state, sink.state === 'working' ? 'good' : 'warn')), h('td.n', {}, count(sink.written)), h('td.n', {}, count(sink.waiting)), h('td.n', {}, count(sink.dropped)), h('td.wrap', {}, sink.last_error ?? ''))))) : empty('No sink: calls are counted and shown, and nothing is kept.'));
    } };
  },
};

const COLUMNS = [
  ['name', 'function', (row) => [h('code', {}, row.name), h('div.soft', {}, row.module)], 'wrap'],
  ['rate', 'calls/s', (row, state) => spark(state.rates.get(key(row)) ?? []), 'hide'],
  ['calls', 'calls', (row) => count(row.calls), 'n'],
  ['errors', 'failed', (row) => (row.errors ? h('span.badtext', {}, count(row.errors), ' (', percent(row.errors / row.calls), ')') : '0'), 'n'],
  ['mean_s', 'mean', (row) => seconds(row.calls ? row.total_s / row.calls : 0), 'n hide'],
  ['p50_s', 'p50', (row) => seconds(row.p50_s), 'n'],
  ['p95_s', 'p95', (row) => seconds(row.p95_s), 'n'],
  ['p99_s', 'p99', (row) => seconds(row.p99_s), 'n hide'],
  ['total_s', 'time', (row) => seconds(row.total_s), 'n'],
  ['level', 'recorded', (row) => h('span.soft', {}, row.level), 'hide'],
];

const functions = {
  title: 'Functions',
  make(state, draw) {
    const body = h('tbody'), head = h('tr'), note = h('span.soft');
    const search = h('input', { type: 'search', placeholder: 'Name or module', 'aria-label': 'Functions', value: state.filter.functions ?? '', oninput: () => { state.filter.functions = search.value; draw(); } });
    const element = h('div', {}, h('div.bar', {}, search, note), h('div.panel.scroll', {}, h('table', {}, h('thead', {}, head), body)));
    return { element, update({ frame, sort }) {
      const [by, way] = sort;
      const value = (row) => (by === 'mean_s' ? row.total_s / row.calls : by === 'rate' ? state.rates.get(key(row))?.at(-1) ?? 0 : row[by]);
      fill(head, COLUMNS.map(([name, title, , kind]) => h('th', { class: kind, 'aria-sort': name === by ? (way > 0 ? 'ascending' : 'descending') : null },
        h('button', { type: 'button', onclick: () => { state.sort = [name, name === by ? -way : name === 'name' ? 1 : -1]; draw(); } }, title))));
      const wanted = (state.filter.functions ?? '').toLowerCase();
      const rows = frame.functions.filter((row) => (row.name + ' ' + row.module).toLowerCase().includes(wanted));
      rows.sort((a, b) => { const [x, y] = [value(a), value(b)]; return (typeof x === 'string' ? x.localeCompare(y) : x - y) * way; });
      note.textContent = `${rows.length} of ${frame.functions_in_all}`;
      fill(body, rows.map((row) => h('tr', {}, COLUMNS.map(([, , cell, kind]) => h('td', { class: kind }, cell(row, state))))));
      if (!rows.length) fill(body, h('tr', {}, h('td', { colspan: COLUMNS.length }, empty('No function.'))));
    } };
  },
};

const errors = {
  title: 'Errors',
  make(state, draw) {
    const list = h('div'), shown = new Map();
    const search = h('input', { type: 'search', placeholder: 'Function, kind or text', 'aria-label': 'Errors', value: state.filter.errors ?? '', oninput: () => { state.filter.errors = search.value; draw(); } });
    const load = async (group) => {
      try { state.details.set(group.id, { count: group.count, ...(await call('api/errors/' + group.id)) }); } catch (error) { state.details.set(group.id, { count: group.count, stack: String(error.message) }); }
      draw();
    };
    return { element: h('div', {}, h('div.bar', {}, search), list), update({ frame }) {
      const wanted = (state.filter.errors ?? '').toLowerCase();
      const groups = frame.errors.filter((group) => [group.function, group.kind, group.message, group.module].join(' ').toLowerCase().includes(wanted));
      const elements = groups.map((group) => {
        let item = shown.get(group.id);
        if (!item) {
          item = { summary: h('summary'), inside: h('div') };
          item.element = h('details', { 'data-id': group.id, ontoggle: () => { if (item.element.open) { state.open.add(group.id); draw(); } else state.open.delete(group.id); } }, item.summary, item.inside);
          shown.set(group.id, item);
        }
        if (state.open.has(group.id) && !item.element.open) item.element.open = true;
        fill(item.summary, h('span.row1', {}, h('code.badtext', {}, group.kind || 'error'), h('span', {}, 'in ', h('code', {}, group.function), ' ', h('span.soft', {}, group.module)),
          h('span.end', {}, count(group.count), ' ×, ', ago(group.last_us))), h('div.wrap.soft', {}, group.message.slice(0, 300)));
        if (item.element.open) {
          const detail = state.details.get(group.id);
          if (!detail || detail.count !== group.count && !item.asked) { item.asked = true; load(group).then(() => { item.asked = false; }); }
          // Only when it is another one: who reads a stack has scrolled in it.
          if (detail && item.detail !== detail) {
            item.detail = detail;
            fill(item.inside, h('div.soft', {}, 'first ', clock(group.first_us), ', last ', clock(group.last_us)), h('pre', {}, detail.message ?? group.message),
              detail.args ? [h('h3', {}, 'Arguments'), h('pre', {}, detail.args)] : null, h('h3', {}, 'Stack'), h('pre', { class: 'stack' }, detail.stack || 'none was recorded'));
          }
        }
        return item.element;
      });
      // Moved only where the order changed, so that an open one stays open.
      if (!elements.length) fill(list, empty(frame.errors.length ? 'None of them fits.' : 'No error. Good.'));
      else if (elements.length !== list.children.length || elements.some((element, i) => list.children[i] !== element)) list.replaceChildren(...elements);
    } };
  },
};

function meter(data) {
  const steps = Array.isArray(data.steps) ? data.steps : [];
  const parts = steps.length ? steps.map((step) => [step.weight ?? 1, step.fraction ?? 0, step.name]) : [[1, data.fraction ?? 0, '']];
  const all = parts.reduce((sum, [weight]) => sum + weight, 0) || 1;
  return h('div.meter', { role: 'progressbar', 'aria-valuenow': Math.round((data.fraction ?? 0) * 100), 'aria-valuemin': 0, 'aria-valuemax': 100 }, parts.flatMap(([weight, share, name]) => {
    const done = h('span', { title: name }), rest = h('span.rest');
    done.style.width = (weight / all) * share * 100 + '%';
    rest.style.width = (weight / all) * (1 - share) * 100 + '%';
    return [done, rest];
  }));
}

const jobs = {
  title: 'Jobs',
  make() {
    const list = h('div');
    return { element: list, update({ frame }) {
      fill(list, frame.jobs.length ? frame.jobs.map(({ id, at_us, ended, data }) => h('section.panel', {},
        h('div.row1', {}, h('strong.wrap', {}, data.job ?? data.name ?? id), h('span.soft', {}, data.step ?? data.stage ?? ''),
          data.items && data.items[1] > 1 ? h('span.soft', {}, `${data.items[0]} of ${data.items[1]}`) : null,
          h('span.end', {}, percent(data.fraction ?? 0), ' ', ended ? pill('ended', 'good')
            : [h('span.soft', {}, data.eta_s == null ? 'time left: not known yet' : seconds(Math.round(data.eta_s * 10) / 10) + ' left'
              + (data.eta_low_s != null && data.eta_high_s != null ? ` (${seconds(Math.round(data.eta_low_s))} to ${seconds(Math.round(data.eta_high_s))})` : ''))])),
        meter(ended && data.fraction === undefined ? { fraction: 1 } : data),
        h('div.soft', {}, 'after ', seconds(Math.round((data.elapsed_s ?? 0) * 10) / 10), ', heard of ', ago(at_us)))) : empty('No job has told of its progress.'));
    } };
  },
};

const alerts = {
  title: 'Alerts',
  make(state, draw) {
    const list = h('div'), history = h('div'), said = h('span.soft', { role: 'status' });
    const trial = async (name) => {
      said.textContent = 'trying ' + name + ' ...';
      try { await call(`api/alerts/${encodeURIComponent(name)}/trial`, { method: 'POST', headers: { 'x-viralnow': '1' } }); said.textContent = name + ' was told to its channels.'; } catch (error) { said.textContent = error.message; }
      draw();
    };
    return { element: h('div', {}, said, list, panel('History', 'the latest first', history)), update({ frame }) {
      const states = frame.alerts.states ?? [], turns = (frame.alerts.history ?? []).slice().reverse();
      fill(list, states.length ? states.map((alert) => h('section.panel', { 'data-alert': alert.name },
        h('div.row1', {}, h('strong.wrap', {}, alert.name), pill(alert.phase, alert.phase), pill(alert.config.severity), h('span.soft', {}, 'since ', clock(alert.since_s * 1e6)),
          h('span.end', {}, h('button', { type: 'button', onclick: () => trial(alert.name) }, 'Try'))),
        h('div.mono.wrap', {}, alert.config.condition),
        h('div.soft', {}, `now ${alert.value === null ? '-' : count(alert.value)}, threshold ${alert.config.threshold}, window ${seconds(alert.config.time_window * 60)}, fired ${alert.fired} ×, told to ${(alert.config.notification_channels ?? []).join(', ') || 'the bus'}`)))
        : empty('No alert is set. Add some to the settings.'));
      fill(history, turns.length ? h('table', {}, turns.slice(0, 50).map((turn) => h('tr', {}, h('td.n.soft', {}, clock(turn.at_s * 1e6)), h('td', {}, pill(turn.turn, turn.turn === 'fired' ? 'bad' : 'good')), h('td.wrap', {}, turn.alert), h('td.wrap.soft', { class: 'wrap soft hide' }, turn.condition)))) : empty('None has fired.'));
    } };
  },
};

const line = (row) => h('div', { title: JSON.stringify(row.data, null, 1) }, h('time', {}, clock(row.ts_us)), h('b', { class: 'lv ' + row.level }, row.level), h('em', {}, row.topic),
  h('span', {}, row.function ? [h('strong', {}, row.function), ' '] : null, row.message));

// The glob of topics: * is one word, ** at the end one or more; a word without a dot may stand anywhere.
function fits(pattern, topic) {
  if (!pattern) return true;
  if (!pattern.includes('*')) return topic.includes(pattern);
  const [wanted, words] = [pattern.split('.'), topic.split('.')];
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '**' && i === wanted.length - 1) return words.length > i;
    if (words[i] === undefined || (wanted[i] !== '*' && wanted[i] !== words[i])) return false;
  }
  return words.length === wanted.length;
}

const events = {
  title: 'Events',
  make(state, draw) {
    const list = h('div.log', { 'aria-live': 'off' });
    const search = h('input', { type: 'search', placeholder: 'Topic, such as function.* or alert.**', 'aria-label': 'Topics', value: state.filter.events ?? '', oninput: () => { state.filter.events = search.value; draw(); } });
    return { element: h('div', {}, h('div.bar', {}, search), list), update({ rows }) {
      const found = rows.filter((row) => fits((state.filter.events ?? '').trim(), row.topic)).slice(-300).reverse();
      fill(list, found.length ? found.map(line) : empty('Nothing yet.'));
    } };
  },
};

const log = {
  title: 'Log',
  make(state) {
    const list = h('div.log'), note = h('span.soft', { role: 'status' });
    let timer = null, asked = 0;
    const ask = async () => {
      const mine = ++asked;
      try {
        const { rows, back_to_us: back } = await call(`api/log?limit=500&level=${level.value}&q=${encodeURIComponent(search.value)}`);
        if (mine !== asked) return;
        fill(list, rows.length ? rows.map(line) : empty('Nothing found.'));
        note.textContent = `${rows.length} entries, the latest first` + (back ? `; looked back to ${when(back)}` : '');
      } catch (error) { note.textContent = error.message; }
    };
    const later = () => { state.filter.log = search.value; state.filter.level = level.value; clearTimeout(timer); timer = setTimeout(ask, 200); };
    const search = h('input', { type: 'search', placeholder: 'Words that must all be there', 'aria-label': 'Log', value: state.filter.log ?? '', oninput: later });
    const level = h('select', { 'aria-label': 'Level', onchange: later }, ['DEBUG', 'INFO', 'WARNING', 'ERROR'].map((name) => h('option', { value: name, selected: name === (state.filter.level ?? 'DEBUG') }, name === 'DEBUG' ? 'all' : 'from ' + name)));
    ask();
    return { element: h('div', {}, h('div.bar', {}, search, level, h('button', { type: 'button', onclick: ask }, 'Search'),
      h('a', { href: 'api/trace.json?hours=1', download: 'viralnow-trace.json', title: 'For ui.perfetto.dev or chrome://tracing' }, 'Trace of the last hour'), note), list), update() {} };
  },
};

const value = (what) => h('code.wrap', {}, what === null || what === undefined ? '-' : typeof what === 'object' ? JSON.stringify(what) : String(what));

// Keys with what stood there and what stands there.
function differences(changes, before, now) {
  return h('div.scroll', {}, h('table', { 'data-differs': true }, h('tr', {}, h('th', {}, 'key'), h('th', {}, before), h('th', {}, now)),
    changes.map(({ key, old, new: is }) => h('tr', {}, h('td', {}, h('code', {}, key)), h('td.wrap', {}, value(old)), h('td.wrap', {}, value(is))))));
}

const config = {
  title: 'Config',
  make() {
    const body = h('div');
    call('api/config').then((found) => fill(body, found && found.config
      ? [found.path ? h('p.soft', {}, found.path) : null, found.error ? h('pre', { class: 'badtext' }, found.error) : null,
        found.reloads?.length ? panel('Read again', 'what changed', found.reloads.toReversed().map(({ ts_us, changes, kept }) => [h('h3', {}, when(ts_us)), differences(changes, 'before', 'now'), ...kept.map(({ key, why }) => h('p', {}, `${key}: ${why}`))])) : null,
        found.differs?.length ? panel('Other than the defaults', '', differences(found.differs, 'default', 'in force')) : null,
        panel('In force', '', h('pre', {}, JSON.stringify(found.config, null, 2)))]
      : empty('The monitor was set up in code; there is no file of settings.')), (error) => fill(body, empty(error.message)));
    return { element: body, update() {} };
  },
};

export const VIEWS = Object.entries({ overview, functions, errors, jobs, alerts, events, log, config });
