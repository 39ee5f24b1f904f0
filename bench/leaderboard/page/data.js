// The embedded data as typed columns.
const ARRAYS = { "<u1": Uint8Array, "<u2": Uint16Array, "<u4": Uint32Array, "<f4": Float32Array, "<f8": Float64Array };

function unpacked({ type, data }) {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new ARRAYS[type](bytes.buffer);
}

function decoded(raw) {
  const columns = Object.fromEntries(Object.entries(raw.columns).map(([name, column]) => [name, unpacked(column)]));
  const values = Object.fromEntries(Object.entries(raw.values).map(([name, column]) => [name, unpacked(column)]));
  const methods = [...new Set(raw.entries.map((entry) => entry.method))];
  raw.entries.forEach((entry) => { entry.methodNumber = methods.indexOf(entry.method); });
  return { ...raw, columns, values, size: columns.task.length };
}

function keyOf(data, cell) {
  return data.keys.slice(cell * data.keyLetters, (cell + 1) * data.keyLetters).trim();
}
