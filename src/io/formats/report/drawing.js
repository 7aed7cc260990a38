// What the timeline and the overview draw with.
const RULER = 28;      // height of the time axis, as in the style sheet

// Canvas knows no CSS variables; read again when the theme changes.
const theme = { colours: {} };
function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["card", "ink", "muted", "line", "lane", "overlap", "focus", "truth", "missed", "false", "confused",
    ...Array.from({ length: 8 }, (_, i) => `s${i}`)]) {
    theme.colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
  theme.font = getComputedStyle(document.body).fontFamily;
}
const laneColour = (lane) => theme.colours[`s${lane.id % 8}`];

// Sizes the canvas to its box in device pixels; gives the context in CSS pixels.
function prepared(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const deviceWidth = Math.max(1, Math.round(width * ratio));
  const deviceHeight = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== deviceWidth || canvas.height !== deviceHeight) {
    canvas.width = deviceWidth;
    canvas.height = deviceHeight;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

// A step between labels that people count in: at least `least` seconds.
function tickStep(least) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200];
  return steps.find((step) => step >= least) ?? Math.ceil(least / 86400) * 86400;
}

// How much of each of `count` equal bins from `start` on is covered, 0 to 1, more where turns overlap each other.
function coverage(stretches, start, step, count) {
  const bins = new Float32Array(count);
  const end = start + step * count;
  const { segments } = stretches;
  for (let i = stretches.reaching(start); i < segments.length && segments[i].start < end; ++i) {
    const from = Math.max(segments[i].start, start);
    const to = Math.min(segments[i].end, end);
    const last = Math.min(count - 1, Math.floor((to - start) / step));
    for (let bin = Math.floor((from - start) / step); bin <= last; ++bin) {
      const left = start + bin * step;
      bins[bin] += Math.max(0, Math.min(to, left + step) - Math.max(from, left)) / step;
    }
  }
  return bins;
}

function drawRuler(context, view, box) {
  const { width, height } = box;
  const span = view.end - view.start;
  const step = tickStep((span / width) * 84);
  const decimals = step < 1 ? 1 : 0;
  context.font = `12px ${theme.font}`;
  context.textBaseline = "middle";
  for (let tick = Math.ceil(view.start / step - 1e-9); tick * step <= view.end; ++tick) {
    const x = Math.round(((tick * step - view.start) / span) * width) + 0.5;
    context.fillStyle = theme.colours.line;
    context.fillRect(x - 0.5, RULER, 1, height - RULER);
    context.fillStyle = theme.colours.muted;
    const label = clock(tick * step, decimals);
    const half = context.measureText(label).width / 2;
    context.textAlign = "center";
    context.fillText(label, clamp(x, half, width - half), RULER / 2);
  }
}

// Whether turns are too thin and too many to be told apart at this zoom; one answer for all lanes, which are to be
// compared.
function isDense(lanes, view, width) {
  const scale = width / (view.end - view.start);
  return lanes.some(({ stretches }) => {
    const turns = stretches.within(view.start, view.end);
    return turns.length > width / 12 && (totalOf(turns) / turns.length) * scale < 6;
  });
}

// Segments as bars; when they are dense, as a profile of how much of each few pixels is covered.
function drawBars(context, stretches, view, box, colour, dense) {
  const { width, top, height } = box;
  const scale = width / (view.end - view.start);
  context.fillStyle = colour;
  if (dense) {
    const bins = Math.ceil(width / 3);
    const covered = coverage(stretches, view.start, 3 / scale, bins);
    for (let bin = 0; bin < bins; ++bin) {
      if (covered[bin] <= 0) continue;
      // The root lets short answers be seen beside long speeches.
      const tall = Math.max(2, Math.sqrt(Math.min(1, covered[bin])) * height);
      context.fillRect(bin * 3, top + height - tall, 2, tall);
    }
    return;
  }
  context.beginPath();
  for (const { start, end } of stretches.within(view.start, view.end)) {
    const left = Math.max(-8, (start - view.start) * scale);
    const right = Math.min(width + 8, (end - view.start) * scale);
    const wide = Math.max(1.5, right - left);
    if (wide > 5) context.roundRect(left, top, wide, height, Math.min(4, wide / 3));
    else context.rect(left, top, wide, height);
  }
  context.fill();
}

// Turns to look at first: pale, with an outline, as wide as all others.
function drawUnsure(context, stretches, view, box, colour) {
  const { width, top, height } = box;
  const scale = width / (view.end - view.start);
  const alpha = context.globalAlpha;
  context.lineWidth = 1.5;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.setLineDash([4, 3]);
  for (const { start, end } of stretches.within(view.start, view.end)) {
    const left = Math.max(-8, (start - view.start) * scale);
    const wide = Math.max(1.5, Math.min(width + 8, (end - view.start) * scale) - left);
    context.beginPath();
    context.roundRect(left + 0.75, top + 0.75, Math.max(0.5, wide - 1.5), height - 1.5, Math.min(4, wide / 3));
    context.globalAlpha = 0.25 * alpha;
    context.fill();
    context.globalAlpha = alpha;
    context.stroke();
  }
  context.setLineDash([]);
}

// Speakers beyond the eighth share a colour with an earlier one: lines in the lane's colour cut their bars.
function drawLines(context, lines, box) {
  const { width, top, height } = box;
  context.fillStyle = theme.colours.lane;
  for (let line = 1; line <= lines; ++line) context.fillRect(0, top + (height * line) / (lines + 1) - 1, width, 2);
}

// The selected turn: a frame, and a handle at each border, larger for fingers.
function drawSelection(context, turn, view, box, coarse) {
  const { width, top, height } = box;
  const scale = width / (view.end - view.start);
  const left = (turn.start - view.start) * scale;
  const right = Math.max(left + 3, (turn.end - view.start) * scale);
  if (right < -4 || left > width + 4) return;
  context.strokeStyle = theme.colours.ink;
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(left - 2, top - 3, right - left + 4, height + 6, 5);
  context.stroke();
  context.fillStyle = theme.colours.ink;
  for (const x of [left - 2, right + 2]) {
    context.beginPath();
    if (coarse) context.roundRect(x - 5, top + height / 2 - 14, 10, 28, 5);
    else context.roundRect(x - 3, top + height / 2 - 9, 6, 18, 3);
    context.fill();
  }
}

// The whole recording as a loudness profile; each bar is divided among those who speak in it.
function drawOverview(canvas, width, height, conversation, sound) {
  const context = prepared(canvas, width, height);
  const count = Math.max(1, Math.floor(width / 3));
  const step = conversation.duration / count;
  const covered = conversation.lanes.map((lane) => coverage(lane.stretches, 0, step, count));
  for (let bin = 0; bin < count; ++bin) {
    const speech = covered.reduce((sum, bins) => sum + bins[bin], 0);
    const tall = Math.max(2, loudness(sound, bin * step, step, speech) * (height - 4));
    let top = (height - tall) / 2;
    if (speech < 0.1) {
      context.globalAlpha = 0.4;
      context.fillStyle = theme.colours.muted;
      context.fillRect(bin * 3, top, 2, tall);
      context.globalAlpha = 1;
      continue;
    }
    conversation.lanes.forEach((lane, row) => {
      const part = (covered[row][bin] / speech) * tall;
      if (part <= 0) return;
      context.fillStyle = laneColour(lane);
      context.fillRect(bin * 3, top, 2, part);
      top += part;
    });
  }
}

// 0 to 1; without sound, as loud as there is speech.
function loudness(sound, time, step, speech) {
  if (!sound) return 0.1 + 0.65 * Math.min(1, speech);
  const from = Math.floor(time / sound.step);
  const to = Math.max(from + 1, Math.ceil((time + step) / sound.step));
  let level = 0;
  for (let i = from; i < to && i < sound.levels.length; ++i) level = Math.max(level, sound.levels[i] / 255);
  return level;
}
