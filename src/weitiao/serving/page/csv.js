// Files in, CSV out.

const SEPARATORS = [",", "\t", ";"];

// The text of a file: UTF-8, else GB18030, which Chinese Excel writes.
export function decode(bytes) {
  for (const encoding of ["utf-8", "gb18030"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch { /* the next one */ }
  }
  return new TextDecoder("utf-8").decode(bytes);
}

// Rows of cells; of a plain text, a row a line.
export function parse(text, plain) {
  if (plain) return text.split(/\r\n|\n|\r/).filter((line) => line.trim()).map((line) => [line]);
  const head = text.slice(0, 10_000).split(/\r\n|\n|\r/, 1)[0];
  const separator = SEPARATORS.map((mark) => [head.split(mark).length, mark]).sort((a, b) => b[0] - a[0])[0][1];
  const cell = new RegExp(`"((?:[^"]|"")*)"|([^${separator}\\r\\n]*)`, "y");
  const end = new RegExp(`[^${separator}\\r\\n]*(${separator}|\\r\\n|\\n|\\r|$)`, "y");
  const rows = [];
  let row = [];
  for (let place = 0; place < text.length; place = end.lastIndex) {
    cell.lastIndex = place;
    const found = cell.exec(text);
    row.push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    end.lastIndex = cell.lastIndex;
    const mark = end.exec(text)[1];
    if (mark === separator && end.lastIndex < text.length) continue;
    if (mark === separator) row.push("");
    if (row.some((content) => content !== "")) rows.push(row);
    row = [];
  }
  return rows;
}

// A file that spreadsheets open as what it is: with a mark of UTF-8, and no cell is a formula.
export function format(rows) {
  return "\ufeff" + rows.map((row) => row.map(quoted).join(",") + "\r\n").join("");
}

function quoted(value) {
  let cell = String(value);
  if (/^[=+\-@\t\r]/.test(cell) && !/^[+-]?\d+(\.\d+)?$/.test(cell)) cell = `'${cell}`;
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
