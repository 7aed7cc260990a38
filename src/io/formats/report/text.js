// Small helpers: elements, numbers and times as text.
const $ = (id) => document.getElementById(id);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// Children given as strings become text nodes, so no name can turn into markup.
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("--")) made.style.setProperty(key, value);
    else if (key.includes("-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

// 83.46 -> "1:23.5", with hours once there are some.
function clock(time, decimals = 1) {
  const scale = 10 ** decimals;
  const units = Math.round(Math.max(0, time) * scale);
  const whole = Math.floor(units / scale);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const seconds = String(whole % 60).padStart(2, "0");
  const rest = decimals > 0 ? "." + String(units % scale).padStart(decimals, "0") : "";
  return (hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}` : minutes) + `:${seconds}${rest}`;
}

// A stretch, with hundredths where tenths would show no length.
function stretch(start, end) {
  const decimals = clock(start) === clock(end) ? 2 : 1;
  return `${clock(start, decimals)} – ${clock(end, decimals)}`;
}

// A time for screen readers.
function spoken(time) {
  const whole = Math.floor(time);
  const parts = [[Math.floor(whole / 3600), "hour"], [Math.floor(whole / 60) % 60, "minute"], [whole % 60, "second"]]
    .filter(([count, unit]) => count > 0 || unit === "second");
  return parts.map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`).join(" ");
}

const percent = (part, whole) => {
  const value = whole > 0 ? (100 * part) / whole : 0;
  if (value > 0 && value < 0.05) return "< 0.1 %";
  return value > 0 && value < 9.95 ? `${value.toFixed(1)} %` : `${Math.round(value)} %`;
};
const length = (time) => (time < 60 ? `${time.toFixed(1)} s` : clock(time, 0));
const counted = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

// "1:02:03.5", "2:03" or "83.5" -> seconds; NaN for anything else.
function parsedClock(text) {
  const parts = text.trim().replace(",", ".").split(":");
  if (parts.length > 3 || !parts.every((part) => /^\d+(\.\d*)?$/u.test(part))) return NaN;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

// Case and accents do not count in a search.
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// The order of UTF-8 bytes, in which the library sorts names.
function compareText(a, b) {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < left.length && i < right.length; ++i) {
    if (left[i] !== right[i]) return left[i].codePointAt(0) - right[i].codePointAt(0);
  }
  return left.length - right.length;
}

let statusTimer = 0;
function announce(message) {
  $("status").textContent = message;
  clearTimeout(statusTimer);
  statusTimer = setTimeout(() => { $("status").textContent = ""; }, 4000);
}
