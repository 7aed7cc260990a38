// The zoomable lanes and the overview above them: what is in sight, and how it is drawn. pointer.js moves it.
const ERROR_ROW = 24;
const OVERLAP_ROW = 30;
const NARROW_PART_ROW = 36;  // its label stands above its bars

class Timeline {
  // `selection` has the turn that is being corrected; `openSpeaker` is called with the lane whose name is clicked.
  constructor(conversation, player, sound, selection, openSpeaker) {
    Object.assign(this, { conversation, player, sound, selection, openSpeaker });
    this.view = { start: 0, end: conversation.duration };
    this.target = { ...this.view };
    this.follow = true;
    this.hover = null;
    this.preview = null;  // {lane, start, end} while a border is dragged or a turn is drawn
    this.score = null;    // against the reference
    this.scheduled = false;
    this.surface = $("surface");
    this.backdrop = document.createElement("canvas");  // the overview without cursor and window
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.narrow = matchMedia("(max-width: 720px)");
    this.coarse = matchMedia("(pointer: coarse)");
    new ResizeObserver(() => this.refresh()).observe(this.surface);
  }

  get span() { return this.view.end - this.view.start; }
  get least() { return Math.min(this.conversation.duration, 0.5); }
  timeAt(x) { return this.view.start + (x / this.width) * this.span; }
  xOf(time) { return ((time - this.view.start) / this.span) * this.width; }

  // Names, turns, sizes or the theme changed: lay everything out again.
  refresh() {
    const { lanes } = this.conversation;
    const narrow = this.narrow.matches;
    this.laneHeight = narrow ? 52 : lanes.length <= 8 ? 44 : lanes.length <= 14 ? 36 : 30;
    this.inset = narrow ? 22 : 5;
    this.rows = this.makeRows();
    let top = RULER;
    for (const row of this.rows) {
      row.top = top;
      top += row.height;
    }
    this.height = top;
    this.surface.style.height = `${this.height}px`;
    this.fitNames();
    this.width = this.surface.clientWidth;
    $("lanes").replaceChildren(...this.rows.map((row, index) => this.makeLabel(row, index)));
    $("talking").textContent = length(this.conversation.talking);
    const overview = $("overview").parentElement;
    this.overviewWidth = overview.clientWidth;
    this.overviewHeight = overview.clientHeight;
    drawOverview(this.backdrop, this.overviewWidth, this.overviewHeight, this.conversation, this.sound);
    this.setView(this.target.start, this.target.end);
  }

  // Lanes, and below them what a reference says and where several talk.
  makeRows() {
    const { conversation, score } = this;
    const narrow = this.narrow.matches;
    const rows = conversation.lanes.map((lane) => ({ kind: "lane", lane, name: lane.name, height: this.laneHeight,
      value: length(lane.speech) }));
    if (score) {
      const { reference } = score;
      rows.forEach((row) => { row.truth = reference.stretches.get(score.mapping.get(row.lane.id)); });
      const matched = new Set(score.mapping.values());
      for (const [name, truth] of reference.stretches) {
        if (!matched.has(name)) rows.push({ kind: "truth", name: `${name} (not found)`, truth, height: this.laneHeight,
          value: length(totalOf(truth.segments)) });
      }
      for (const [name, part, colour] of [["Missed", "missed", "missed"], ["False alarm", "falseAlarm", "false"],
        ["Confusion", "confusion", "confused"]]) {
        const stretches = new Stretches(score.regions.filter((region) => region[part] > 0));
        rows.push({ kind: "part", name, stretches, colour, height: narrow ? NARROW_PART_ROW : ERROR_ROW, value: length(score[part]) });
      }
    }
    rows.push({ kind: "part", name: "Overlap", stretches: new Stretches(conversation.overlaps), colour: "overlap",
      height: narrow ? NARROW_PART_ROW : OVERLAP_ROW, value: length(conversation.overlapping) });
    return rows;
  }

  // The column is as wide as the longest name needs, within reason; longer ones take a second line.
  fitNames() {
    const context = $("canvas").getContext("2d");
    const card = this.surface.closest(".card");
    card.classList.toggle("crowded", this.laneHeight < 44);
    context.font = `${this.laneHeight < 44 ? 13 : 15}px ${theme.font}`;
    const longest = Math.max(70, ...this.rows.map((row) => context.measureText(row.name).width));
    const most = Math.max(150, Math.min(360, 0.32 * card.clientWidth));
    const besides = 132;  // dot, digit, time and the gaps between
    card.style.setProperty("--names", `${Math.ceil(Math.min(longest + besides, most))}px`);
  }

  makeLabel({ kind, name, lane, height, value }, index) {
    const text = element("span", { className: "name", textContent: name, title: name });
    const share = element("span", { className: "share muted", textContent: value });
    const item = element("li", { className: kind }, share);
    item.style.height = `${height}px`;
    if (kind !== "lane") {
      item.prepend(text);
      return item;
    }
    item.style.setProperty("--colour", lane.colour);
    const button = element("button", { type: "button", className: "lane-name", "aria-label": `${name}: rename, play, merge` },
      element("span", { className: `dot lines-${lane.lines}` }), text);
    if (index < 9) button.append(element("kbd", { className: "digit", textContent: String(index + 1), "aria-hidden": "true" }));
    button.addEventListener("click", () => this.openSpeaker(lane.id));
    item.prepend(button);
    return item;
  }

  rowAt(y) { return this.rows.find((row) => y >= row.top && y < row.top + row.height); }
  barOf(row) {
    const truth = row.truth ? 7 : 0;
    return { width: this.width, top: row.top + 2 + this.inset + truth, height: row.height - 4 - this.inset - 5 - truth };
  }

  // Moves there, smoothly when `glide`.
  setView(start, end, glide = false) {
    const span = clamp(end - start, this.least, this.conversation.duration);
    const from = clamp(start, 0, this.conversation.duration - span);
    this.target = { start: from, end: from + span };
    if (!glide || this.calm.matches) this.view = { ...this.target };
    this.schedule();
  }

  zoom(factor, around, glide = true) {
    const { start, end } = this.target;
    const share = clamp((around - start) / (end - start), 0, 1);
    const span = clamp((end - start) * factor, this.least, this.conversation.duration);
    this.setView(around - share * span, around + (1 - share) * span, glide);
  }
  // With keys and buttons: around the cursor when it can be seen.
  zoomStep(factor) {
    const { start, end } = this.target;
    const time = this.player.time;
    this.zoom(factor, time >= start && time <= end ? time : (start + end) / 2);
  }
  fit() { this.setView(0, this.conversation.duration, true); }
  pan(seconds) {
    this.follow = false;
    this.setView(this.target.start + seconds, this.target.end + seconds);
  }
  // Keeps the cursor in sight.
  reveal(time) {
    const { start, end } = this.target;
    const span = end - start;
    if (time < start || time > end - span * 0.02) this.setView(time - span * 0.15, time + span * 0.85, !this.player.playing);
  }
  jump(time, pressed) {
    const whole = this.target.end - this.target.start >= this.conversation.duration * 0.999;
    if (pressed || whole) this.player.seek(time);
    if (whole) return;
    const half = (this.target.end - this.target.start) / 2;
    this.setView(time - half, time + half);
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.draw();
    });
  }

  draw() {
    if (!this.width) return;
    const distance = Math.abs(this.target.start - this.view.start) + Math.abs(this.target.end - this.view.end);
    if (distance > this.span * 0.002) {
      for (const edge of ["start", "end"]) this.view[edge] += (this.target[edge] - this.view[edge]) * 0.3;
      this.schedule();
    } else {
      this.view = { ...this.target };
    }
    this.drawLanes();
    this.drawOverviewWindow();
    $("range").textContent = this.span < this.conversation.duration * 0.999
      ? `${clock(this.view.start)} – ${clock(this.view.end)}` : "";
  }

  drawLanes() {
    const { view, width, height, conversation } = this;
    const context = prepared($("canvas"), width, height);
    context.fillStyle = theme.colours.lane;
    context.beginPath();
    for (const row of this.rows) if (row.kind !== "part") context.roundRect(0, row.top + 2, width, row.height - 4, 8);
    context.fill();
    drawRuler(context, view, { width, height });
    const dense = isDense(conversation.lanes, view, width);
    for (const row of this.rows) this.drawRow(context, row, dense);
    context.globalAlpha = 1;
    this.drawOverlapShade(context);
    this.drawSelected(context);
    const x = this.xOf(this.player.time);
    if (x < -8 || x > width + 8) return;
    context.fillStyle = theme.colours.ink;
    context.fillRect(x - 0.75, RULER - 6, 1.5, height - RULER + 6);
    context.beginPath();
    // The knob stays whole at both ends.
    context.roundRect(clamp(x, 5, width - 5) - 5, RULER - 10, 10, 10, 5);
    context.fill();
  }

  drawRow(context, row, dense) {
    const { view, width, inset } = this;
    if (row.truth) {
      const box = { width, top: row.top + 2 + inset, height: 5 };
      drawBars(context, row.truth, view, box, theme.colours.truth, dense);
    }
    if (row.kind === "lane") {
      const bar = this.barOf(row);
      context.globalAlpha = this.hover && this.hover.lane !== row.lane ? 0.55 : 1;
      const colour = laneColour(row.lane);
      drawBars(context, dense ? row.lane.stretches : row.lane.sure, view, bar, colour, dense);
      if (!dense) drawUnsure(context, row.lane.unsure, view, bar, colour);
      drawLines(context, row.lane.lines, bar);
      context.globalAlpha = 1;
    } else if (row.kind === "part") {
      const above = this.narrow.matches ? 21 : 6;
      const box = { width, top: row.top + above, height: row.height - above - 6 };
      drawBars(context, row.stretches, view, box, theme.colours[row.colour], dense);
    }
  }

  drawSelected(context) {
    const { turn } = this.selection;
    const shown = this.preview ?? (turn && { lane: this.conversation.laneOf(turn), start: turn.start, end: turn.end });
    const row = shown && this.rows.find((one) => one.lane === shown.lane);
    if (!row) return;
    const bar = this.barOf(row);
    if (this.preview) {
      context.globalAlpha = 0.45;
      drawBars(context, new Stretches([shown]), this.view, bar, laneColour(row.lane), false);
      context.globalAlpha = 1;
    }
    drawSelection(context, shown, this.view, bar, this.coarse.matches);
  }

  // A faint band through all lanes, once overlaps are wide enough to be told apart.
  drawOverlapShade(context) {
    const scale = this.width / this.span;
    const last = this.rows.filter((row) => row.kind !== "part").pop();
    if (!last) return;
    context.fillStyle = theme.colours.overlap;
    context.globalAlpha = 0.1;
    const overlaps = this.rows[this.rows.length - 1].stretches;
    for (const { start, end } of overlaps.within(this.view.start, this.view.end)) {
      const wide = (end - start) * scale;
      if (wide >= 3) context.fillRect(this.xOf(start), RULER, wide, last.top + last.height - RULER);
    }
    context.globalAlpha = 1;
  }

  drawOverviewWindow() {
    const width = this.overviewWidth;
    const height = this.overviewHeight;
    const context = prepared($("overview"), width, height);
    context.drawImage(this.backdrop, 0, 0, width, height);
    const place = (time) => (time / this.conversation.duration) * width;
    const left = place(this.view.start);
    const right = Math.max(left + 3, place(this.view.end));
    if (right - left < width * 0.999) {
      context.globalAlpha = 0.72;
      context.fillStyle = theme.colours.card;
      context.fillRect(0, 0, left, height);
      context.fillRect(right, 0, width - right, height);
      context.globalAlpha = 1;
      context.strokeStyle = theme.colours.muted;
      context.lineWidth = 1.5;
      context.beginPath();
      context.roundRect(left + 0.75, 0.75, right - left - 1.5, height - 1.5, 6);
      context.stroke();
    }
    context.fillStyle = theme.colours.ink;
    context.fillRect(clamp(place(this.player.time) - 0.75, 0, width - 1.5), 0, 1.5, height);
  }
}
