// Elements, numbers in words, and curves. Text is always set as text: nothing that comes from the monitor is read as HTML.

export function h(tag, attributes, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name || 'div');
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

// Replaces what is in an element, unless the user is selecting text in it.
export function fill(element, ...children) {
  const selection = getSelection();
  if (selection && !selection.isCollapsed && element.contains(selection.anchorNode)) return;
  const fresh = document.createDocumentFragment();
  add(fresh, children);
  element.replaceChildren(fresh);
}

export function count(value) {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 1e9) return trim(value / 1e9) + ' G';
  if (size >= 1e6) return trim(value / 1e6) + ' M';
  if (size >= 1e4) return trim(value / 1e3) + ' k';
  return size >= 100 || Number.isInteger(value) ? String(Math.round(value)) : trim(value);
}

function trim(value) {
  const size = Math.abs(value);
  return String(Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)));
}

export function seconds(value) {
  if (!Number.isFinite(value)) return '-';
  if (value === 0) return '0 s';
  if (value < 1e-6) return trim(value * 1e9) + ' ns';
  if (value < 1e-3) return trim(value * 1e6) + ' µs';
  if (value < 1) return trim(value * 1e3) + ' ms';
  if (value < 120) return trim(value) + ' s';
  if (value < 7200) return Math.floor(value / 60) + ' min ' + Math.round(value % 60) + ' s';
  return Math.floor(value / 3600) + ' h ' + Math.round((value % 3600) / 60) + ' min';
}

export function bytes(value) {
  if (!value) return '-';
  for (const [unit, size] of [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]]) if (value >= size) return trim(value / size) + ' ' + unit;
  return value + ' B';
}

export function percent(value) {
  if (!Number.isFinite(value)) return '-';
  return trim(value * 100) + ' %';
}

export function clock(us) {
  return new Date(us / 1000).toLocaleTimeString([], { hour12: false });
}

// With the day: entries of a log may be of another one.
export function when(us) {
  return new Date(us / 1000).toLocaleString([], { hour12: false });
}

export function ago(us) {
  return seconds(Math.max(0, Math.round((Date.now() - us / 1000) / 1000))) + ' ago';
}

const SVG = 'http://www.w3.org/2000/svg';

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function path(values, most, width, height) {
  let text = '', pen = 'M';
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) { pen = 'M'; return; }
    text += pen + (i * step).toFixed(1) + ' ' + (height - (value / most) * height * 0.94).toFixed(1);
    pen = 'L';
  });
  return text;
}

// Curves over time: `lines` are [class, values]; the first one's area may be filled.
export function chart(lines, format, { area = false, from = '', label = '' } = {}) {
  const all = lines.flatMap(([, values]) => values).filter(Number.isFinite);
  const most = Math.max(...all, 0) || 1;
  const [width, height] = [600, 150];
  const picture = svg('svg', { class: 'chart', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label });
  for (const y of [0.06, 0.53, 1]) picture.append(svg('line', { x1: 0, x2: width, y1: height * y, y2: height * y }));
  if (area && lines[0][1].length > 1) {
    picture.append(svg('path', { class: 'area', d: path(lines[0][1].map((v) => v || 0), most, width, height) + `L${width} ${height}L0 ${height}Z` }));
  }
  for (const [name, values] of lines) picture.append(svg('path', { class: name, d: path(values, most, width, height) }));
  const last = lines[0][1].findLast(Number.isFinite);
  return h('div', {}, h('div.axis', {}, h('span', {}, 'max ' + format(most)), h('span', {}, (lines[0][0] === 'calls' ? 'now ' : lines[0][0] + ' now ') + (last === undefined ? '-' : format(last)))),
    picture, h('div.axis', {}, h('span', {}, from), h('span', {}, 'now')));
}

export function spark(values) {
  const picture = svg('svg', { class: 'spark', viewBox: '0 0 84 20', 'aria-hidden': 'true' });
  picture.append(svg('path', { d: path(values, Math.max(...values, 0) || 1, 84, 19) }));
  return picture;
}
