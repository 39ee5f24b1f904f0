// Small pieces of which pictures are made.
const SVG = "http://www.w3.org/2000/svg";

function shape(name, attributes = {}, children = []) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) made.setAttribute(key, value);
  made.append(...[children].flat());
  return made;
}

function html(name, attributes = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value != null && value !== false) made.setAttribute(key, value);
  made.append(...[children].flat());
  return made;
}

const picture = (width, height, label, children) =>
  shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, style: `max-width:${width}px` }, children);
const word = (x, y, text, more = {}) => shape("text", { x, y, ...more }, [text]);
const segment = (x1, y1, x2, y2, more = {}) => shape("line", { x1, y1, x2, y2, class: "axis", ...more });

// Markers as paths of about one area, by matplotlib's names.
const MARKS = {
  o: "M0-4A4 4 0 1 1 0 4A4 4 0 1 1 0-4Z", s: "M-3.6-3.6H3.6V3.6H-3.6Z", "^": "M0-4.6L4.4 3.6H-4.4Z", v: "M0 4.6L4.4-3.6H-4.4Z",
  D: "M0-5L4 0L0 5L-4 0Z", d: "M0-5L3 0L0 5L-3 0Z", "<": "M-4.6 0L3.6 4.4V-4.4Z", ">": "M4.6 0L-3.6 4.4V-4.4Z",
  P: "M-1.6-4.4H1.6V-1.6H4.4V1.6H1.6V4.4H-1.6V1.6H-4.4V-1.6H-1.6Z", X: "M-4.2-2L-2-4.2L0-2L2-4.2L4.2-2L2 0L4.2 2L2 4.2L0 2L-2 4.2L-4.2 2L-2 0Z",
  "*": "M0-5.4L1.4-1.7L5.2-1.6L2.2.8L3.2 4.4L0 2.3L-3.2 4.4L-2.2.8L-5.2-1.6L-1.4-1.7Z",
  h: "M0-4.6L4 -2.3V2.3L0 4.6L-4 2.3V-2.3Z", p: "M0-4.6L4.4-1.4L2.7 3.7H-2.7L-4.4-1.4Z",
};
const mark = (entry, x, y, more = {}) =>
  shape("path", { d: MARKS[entry.marker] || MARKS.o, transform: `translate(${x} ${y})`, fill: entry.colour, class: "mark", "data-entry": entry.number, ...more });

const shorter = (text, most = 26) => text.length > most ? `${text.slice(0, most / 2)}…${text.slice(-most / 2 + 1)}` : text;
const sentence = (text) => html("p", { class: "none" }, [text]);

function scale(from, to, low, high) { // a linear scale
  const span = to - from || 1;
  return (value) => low + (high - low) * (value - from) / span;
}

function steps(from, to, about = 5) { // round numbers between two
  const raw = (to - from || 1) / about, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((one) => one >= raw);
  const found = [];
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to + step * 1e-9; n++) found.push(Number((n * step).toPrecision(10)));
  return found;
}

const secondsText = (s) => Number.isNaN(s) ? "–" : s < 0.0995 ? `${(1000 * s).toPrecision(2)} ms` : s < 99.5 ? `${Number(s.toPrecision(2))} s` : s < 5940 ? `${Math.round(s / 60)} min` : `${(s / 3600).toPrecision(2)} h`;
const decimals = (value, digits = 3) => Number.isNaN(value) || value == null ? "–" : value.toFixed(digits);
