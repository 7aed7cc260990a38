// The small change of the file formats, as src/io/formats/text.cc has it: what the page writes shall equal what the
// library writes.

// White space becomes "_", and so does nothing at all.
const oneField = (text) => (text === "" ? "_" : text.replace(/[ \t\r\n\v\f]/gu, "_"));
// One line: control characters become spaces.
const printable = (text) => text.replace(/[\u0000-\u001f\u007f]/gu, " ");
// What files show a speaker as: "_" for a name of which nothing would be seen.
const label = (name) => (/[^ \t\r\n\v\f]/u.test(printable(name)) ? printable(name) : "_");

// Without "-->", which subtitles read as a line of times.
function withoutArrows(text) {
  let result = "";
  for (const c of text) {
    while (c === ">" && result.endsWith("--")) result = result.slice(0, -1);
    result += c;
  }
  return result;
}

const REFERENCES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
// A space keeps dashes at a name's end and the > from being an arrow.
const voiceTag = (escaped) => `<v ${escaped}${escaped.endsWith("--") ? " " : ""}>`;
const escapeMarkup = (text) => text.replace(/[&<>"']/gu, (c) => REFERENCES[c]);

// Fixed decimals of the exact double, a tie to the even digit. toFixed is exact too, but sends ties up.
function fixed(value, decimals) {
  const rounded = value.toFixed(decimals);
  const exact = value.toFixed(decimals + 25);
  if (!exact.endsWith(`5${"0".repeat(24)}`)) return rounded;
  const cut = exact.slice(0, -25);
  return "02468".includes(cut[cut.length - 1]) ? cut : rounded;
}
const micro = (time) => Math.round(time * 1e6) / 1e6;

// "HH:MM:SS.mmm"
function stamp(milliseconds, point) {
  const digits = (value, width) => String(Math.floor(value)).padStart(width, "0");
  return `${digits(milliseconds / 3600000, 2)}:${digits((milliseconds / 60000) % 60, 2)}:`
    + `${digits((milliseconds / 1000) % 60, 2)}${point}${digits(milliseconds % 1000, 3)}`;
}
const timeLine = (start, end, point) => `${stamp(start, point)} --> ${stamp(end, point)}`;

// JSON in the library's words: a double always has a point or an exponent. Whole numbers come as BigInt. `indent`
// null: no line breaks.
function jsonText(value, indent = null, depth = 0) {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return jsonNumber(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const isArray = Array.isArray(value);
  const parts = isArray ? value.map((one) => jsonText(one, indent, depth + 1))
    : Object.entries(value).filter(([, one]) => one !== undefined)
      .map(([key, one]) => `${JSON.stringify(key)}:${indent === null ? "" : " "}${jsonText(one, indent, depth + 1)}`);
  const [open, close] = isArray ? "[]" : "{}";
  if (parts.length === 0) return open + close;
  if (indent === null) return open + parts.join(",") + close;
  const line = `\n${" ".repeat(indent * (depth + 1))}`;
  return open + line + parts.join(`,${line}`) + `\n${" ".repeat(indent * depth)}${close}`;
}
function jsonNumber(value) {
  if (value === 0) return "0.0";
  if (Math.abs(value) < 1e-4) return value.toExponential().replace(/e-(\d)$/u, "e-0$1");
  const text = String(value);
  return /[.e]/u.test(text) ? text : `${text}.0`;
}

class ExportError extends Error {}

// Two names of one recording that a format would write alike would make one speaker of two.
function requireDistinct(turns, asWritten) {
  const names = new Map();
  for (const { name } of turns) {
    const written = asWritten(name);
    const other = names.get(written);
    if (other !== undefined && other !== name) {
      throw new ExportError(`${other} and ${name} would both become ${written} in this format: rename one of them`);
    }
    names.set(written, name);
  }
}
