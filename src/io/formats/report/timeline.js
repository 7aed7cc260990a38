// The zoomable lanes, the overview above them, and the pointer on both.
class Timeline {
  constructor(conversation, player, sound) {
    Object.assign(this, { conversation, player, sound });
    this.view = { start: 0, end: conversation.duration };
    this.target = { ...this.view };
    this.follow = true;
    this.hover = null;
    this.scheduled = false;
    this.surface = $("surface");
    this.backdrop = document.createElement("canvas");  // the overview without cursor and window
    this.pointers = new Map();
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.narrow = matchMedia("(max-width: 720px)");
    new ResizeObserver(() => this.refresh()).observe(this.surface);
    this.surface.addEventListener("pointerdown", (event) => this.press(event));
    this.surface.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) this.surface.addEventListener(end, (event) => this.release(event));
    this.surface.addEventListener("pointerleave", () => this.point(null));
    this.surface.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    const overview = $("overview");
    const jump = (event) => {
      const box = overview.getBoundingClientRect();
      this.jump(clamp((event.clientX - box.left) / box.width, 0, 1) * conversation.duration, event.type === "pointerdown");
    };
    overview.addEventListener("pointerdown", (event) => { overview.setPointerCapture(event.pointerId); jump(event); });
    overview.addEventListener("pointermove", (event) => { if (event.buttons & 1) jump(event); });
  }

  get span() { return this.view.end - this.view.start; }
  get least() { return Math.min(this.conversation.duration, 0.5); }
  timeAt(x) { return this.view.start + (x / this.width) * this.span; }

  // Names, sizes or the theme changed: lay everything out again.
  refresh() {
    const { lanes } = this.conversation;
    const narrow = this.narrow.matches;
    this.laneHeight = narrow ? 50 : lanes.length <= 8 ? 44 : lanes.length <= 14 ? 36 : 30;
    this.inset = narrow ? 20 : 5;
    this.height = RULER + lanes.length * this.laneHeight + OVERLAP_ROW;
    this.surface.style.height = `${this.height}px`;
    this.width = this.surface.clientWidth;
    const row = (lane) => element("li", { "--colour": lane.colour },
      element("span", { className: "dot" }), element("span", { className: "name", textContent: lane.name, title: lane.name }),
      element("span", { className: "share muted", textContent: percent(lane.speech, this.conversation.speech) }));
    const rows = lanes.map(row);
    for (const item of rows) item.style.height = `${this.laneHeight}px`;
    const overlap = element("li", { className: "muted" }, element("span", { className: "name", textContent: "Overlap" }),
      element("span", { className: "share muted", textContent: percent(this.conversation.overlapping, this.conversation.talking) }));
    overlap.style.height = `${OVERLAP_ROW}px`;
    $("lanes").replaceChildren(...rows, overlap);
    $("talking").textContent = percent(this.conversation.talking, this.conversation.duration);
    const overview = $("overview").parentElement;
    this.overviewWidth = overview.clientWidth;
    this.overviewHeight = overview.clientHeight;
    drawOverview(this.backdrop, this.overviewWidth, this.overviewHeight, this.conversation, this.sound);
    this.setView(this.target.start, this.target.end);
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

  press(event) {
    if (event.button !== 0) return;
    this.surface.focus({ preventScroll: true });
    this.surface.setPointerCapture(event.pointerId);
    const x = event.offsetX;
    this.pointers.set(event.pointerId, x);
    this.drag = { x, last: x, moved: false, scrub: event.offsetY < RULER };
    if (this.drag.scrub) this.player.seek(this.timeAt(x));
  }
  move(event) {
    const x = event.offsetX;
    if (!this.pointers.has(event.pointerId)) {
      this.point(event);
      return;
    }
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const before = Math.max(8, Math.abs(this.pointers.get(event.pointerId) - other));
      this.zoom(before / Math.max(8, Math.abs(x - other)), this.timeAt((x + other) / 2), false);
      this.drag.moved = true;
    } else if (this.drag.scrub) {
      this.player.seek(this.timeAt(clamp(x, 0, this.width)));
    } else if (this.drag.moved || Math.abs(x - this.drag.x) > 4) {
      this.drag.moved = true;
      this.surface.classList.add("dragging");
      this.pan(((this.drag.last - x) / this.width) * this.span);
    }
    this.drag.last = x;
    this.pointers.set(event.pointerId, x);
  }
  release(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    this.surface.classList.remove("dragging");
    if (event.type === "pointerup" && !this.drag.moved && !this.drag.scrub) {
      this.follow = true;
      this.player.seek(this.timeAt(event.offsetX));
    }
  }
  wheel(event) {
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      this.zoom(Math.exp(clamp(event.deltaY, -100, 100) * 0.005), this.timeAt(event.offsetX), false);
    } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      this.pan((sideways / this.width) * this.span);
    } else {
      return;  // an upright scroll belongs to the page
    }
    event.preventDefault();
  }

  // Says which turn lies under the pointer.
  point(event) {
    const tip = $("tip");
    const lane = event && this.conversation.lanes[Math.floor((event.offsetY - RULER) / this.laneHeight)];
    let found = null;
    if (lane && event.offsetY >= RULER && event.pointerType !== "touch") {
      const slack = (2 / this.width) * this.span;
      const time = this.timeAt(event.offsetX);
      const turn = lane.turns[firstWhere(lane.turns, (one) => one[1] > time - slack)];
      if (turn && turn[0] <= time + slack) found = { lane, start: turn[0], end: turn[1] };
    }
    tip.hidden = !found;
    if (found) {
      tip.textContent = `${lane.name} · ${clock(found.start)} – ${clock(found.end)} · ${length(found.end - found.start)}`;
      const left = this.surface.offsetLeft + event.offsetX;
      tip.style.left = `${clamp(left + 14, 0, this.surface.offsetLeft + this.width - tip.offsetWidth)}px`;
      tip.style.top = `${event.offsetY - tip.offsetHeight - 10}px`;
    }
    if (this.hover?.start !== found?.start || this.hover?.lane !== found?.lane) {
      this.hover = found;
      this.schedule();
    }
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
    const { view, width, height, laneHeight, inset, conversation } = this;
    const context = prepared($("canvas"), width, height);
    context.fillStyle = theme.colours.lane;
    context.beginPath();
    conversation.lanes.forEach((_, row) => context.roundRect(0, RULER + row * laneHeight + 2, width, laneHeight - 4, 8));
    context.fill();
    drawRuler(context, view, { width, height });
    const bottom = RULER + conversation.lanes.length * laneHeight;
    const dense = isDense(conversation.lanes, view, width);
    conversation.lanes.forEach((lane, row) => {
      const top = RULER + row * laneHeight + 2 + inset;
      const bar = { width, top, height: laneHeight - 4 - inset - 5 };
      context.globalAlpha = this.hover && this.hover.lane !== lane ? 0.55 : 1;
      drawTurns(context, lane.turns, view, bar, laneColour(lane), dense);
    });
    context.globalAlpha = 1;
    drawTurns(context, conversation.overlaps, view, { width, top: bottom + 9, height: 12 }, theme.colours.overlap, dense);
    this.drawOverlapShade(context, bottom);
    const x = ((this.player.time - view.start) / this.span) * width;
    if (x < -8 || x > width + 8) return;
    context.fillStyle = theme.colours.ink;
    context.fillRect(x - 0.75, RULER - 6, 1.5, height - RULER + 6);
    context.beginPath();
    context.roundRect(x - 5, RULER - 10, 10, 10, 5);
    context.fill();
  }

  // A faint band through all lanes, once overlaps are wide enough to be told apart.
  drawOverlapShade(context, bottom) {
    const scale = this.width / this.span;
    const { overlaps } = this.conversation;
    context.fillStyle = theme.colours.overlap;
    context.globalAlpha = 0.1;
    for (let i = firstWhere(overlaps, (overlap) => overlap[1] > this.view.start);
      i < overlaps.length && overlaps[i][0] < this.view.end; ++i) {
      const wide = (overlaps[i][1] - overlaps[i][0]) * scale;
      if (wide >= 3) context.fillRect((overlaps[i][0] - this.view.start) * scale, RULER, wide, bottom - RULER + 9);
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
    context.fillRect(place(this.player.time) - 0.75, 0, 1.5, height);
  }
}
