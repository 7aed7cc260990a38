// The pointer on the timeline: a click goes there and selects the turn, a drag moves the view, the border of the selected
// turn, or (with shift) draws a new turn; two fingers zoom.
class Pointer {
  // actions: {select(turn or null), move(turn, edge, time), add(from, to, lane)}
  constructor(timeline, actions) {
    Object.assign(this, { timeline, actions, player: timeline.player, surface: timeline.surface });
    this.pointers = new Map();
    this.drag = null;
    const { surface } = this;
    surface.addEventListener("pointerdown", (event) => this.press(event));
    surface.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) surface.addEventListener(end, (event) => this.release(event));
    // A finger on a border drags it, however crooked; from elsewhere an upright move scrolls the page. After the pointerdown.
    surface.addEventListener("touchstart", (event) => { if (this.drag?.kind === "border") event.preventDefault(); },
      { passive: false });
    surface.addEventListener("pointerleave", () => this.point(null));
    surface.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    const overview = $("overview");
    const jump = (event) => {
      const box = overview.getBoundingClientRect();
      const share = clamp((event.clientX - box.left) / box.width, 0, 1);
      timeline.jump(share * timeline.conversation.duration, event.type === "pointerdown");
    };
    overview.addEventListener("pointerdown", (event) => { overview.setPointerCapture(event.pointerId); jump(event); });
    overview.addEventListener("pointermove", (event) => { if (event.buttons & 1) jump(event); });
  }

  // The time at `x`; within a few pixels of the cursor, the cursor's.
  snapped(x) {
    const { timeline } = this;
    const inside = clamp(x, 0, timeline.width);
    return Math.abs(timeline.xOf(this.player.time) - inside) < 5 ? this.player.time : timeline.timeAt(inside);
  }

  // The border of the selected turn under the pointer: "start", "end" or null.
  borderAt(event) {
    const { timeline } = this;
    const { turn } = timeline.selection;
    const row = timeline.rowAt(event.offsetY);
    if (!turn || row?.lane !== timeline.conversation.laneOf(turn)) return null;
    const slack = event.pointerType === "touch" ? 20 : 7;
    const near = (edge) => Math.abs(timeline.xOf(turn[edge]) - event.offsetX);
    const edge = near("end") <= near("start") ? "end" : "start";
    return near(edge) <= slack ? edge : null;
  }

  turnAt(event) {
    const { timeline } = this;
    const lane = timeline.rowAt(event.offsetY)?.lane;
    if (!lane) return null;
    const slack = ((event.pointerType === "touch" ? 12 : 2) / timeline.width) * timeline.span;
    const time = timeline.timeAt(event.offsetX);
    const away = (turn) => Math.max(turn.start - time, time - turn.end, 0);
    return lane.stretches.within(time - slack, time + slack)
      .reduce((best, turn) => (best === null || away(turn) < away(best) ? turn : best), null);
  }

  press(event) {
    if (event.button !== 0) return;
    const { timeline } = this;
    this.surface.focus({ preventScroll: true });
    this.surface.setPointerCapture(event.pointerId);
    const x = event.offsetX;
    this.pointers.set(event.pointerId, x);
    const lane = timeline.rowAt(event.offsetY)?.lane;
    const kind = event.offsetY < RULER ? "scrub" : event.shiftKey && lane ? "add" : this.borderAt(event) ? "border" : "pan";
    const { turn } = timeline.selection;
    const edge = this.borderAt(event);
    // The border keeps its distance from the pointer, or it would jump by what the finger missed it.
    const beside = edge ? timeline.xOf(turn[edge]) - x : 0;
    this.drag = { kind, x, last: x, moved: false, lane, edge, turn, beside };
    if (kind === "scrub") this.player.seek(timeline.timeAt(x));
  }

  move(event) {
    const { timeline, drag } = this;
    const x = event.offsetX;
    if (!this.pointers.has(event.pointerId)) {
      this.point(event);
      return;
    }
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const before = Math.max(8, Math.abs(this.pointers.get(event.pointerId) - other));
      timeline.zoom(before / Math.max(8, Math.abs(x - other)), timeline.timeAt((x + other) / 2), false);
      timeline.preview = null;
      drag.kind = "pan";
      drag.moved = true;
    } else if (drag.kind === "scrub") {
      this.player.seek(timeline.timeAt(clamp(x, 0, timeline.width)));
    } else if (drag.moved || Math.abs(x - drag.x) > 4) {
      drag.moved = true;
      if (drag.kind === "pan") {
        this.surface.classList.add("dragging");
        timeline.pan(((drag.last - x) / timeline.width) * timeline.span);
      } else {
        this.showPreview(x);
      }
    }
    drag.last = x;
    this.pointers.set(event.pointerId, x);
  }

  dragged(x) { return this.snapped(x + this.drag.beside); }

  showPreview(x) {
    const { timeline, drag } = this;
    const time = this.dragged(x);
    if (drag.kind === "border") {
      const { start, end } = { ...drag.turn, [drag.edge]: time };
      timeline.preview = { lane: drag.lane, start: Math.min(start, end), end: Math.max(start, end) };
    } else {
      const from = timeline.timeAt(drag.x);
      timeline.preview = { lane: drag.lane, start: Math.min(from, time), end: Math.max(from, time) };
    }
    const { lane, start, end } = timeline.preview;
    this.showTip(`${lane.name} · ${clock(start, 2)} – ${clock(end, 2)}`, x, this.rowTop(lane));
    timeline.schedule();
  }
  rowTop(lane) { return this.timeline.rows.find((row) => row.lane === lane).top; }

  release(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const { timeline, drag } = this;
    this.surface.classList.remove("dragging");
    timeline.preview = null;
    $("tip").hidden = true;
    timeline.schedule();
    if (event.type !== "pointerup" || drag.kind === "scrub") return;
    if (!drag.moved) {
      timeline.follow = true;
      this.player.seek(timeline.timeAt(event.offsetX));
      if (event.offsetY >= RULER) this.actions.select(this.turnAt(event));
    } else if (drag.kind === "border") {
      this.actions.move(drag.turn, drag.edge, this.dragged(event.offsetX));
    } else if (drag.kind === "add") {
      this.actions.add(timeline.timeAt(drag.x), this.snapped(event.offsetX), drag.lane);
    }
  }

  wheel(event) {
    const { timeline } = this;
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      timeline.zoom(Math.exp(clamp(event.deltaY, -100, 100) * 0.005), timeline.timeAt(event.offsetX), false);
    } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      timeline.pan((sideways / timeline.width) * timeline.span);
    } else {
      return;  // an upright scroll belongs to the page
    }
    event.preventDefault();
  }

  showTip(text, x, y) {
    const tip = $("tip");
    tip.hidden = false;
    tip.textContent = text;
    const left = this.surface.offsetLeft + x;
    tip.style.left = `${clamp(left + 14, 0, this.surface.offsetLeft + this.timeline.width - tip.offsetWidth)}px`;
    tip.style.top = `${y - tip.offsetHeight - 10}px`;
  }

  // Says which turn lies under the pointer, and whether its border can be dragged.
  point(event) {
    const { timeline } = this;
    const turn = event && event.pointerType !== "touch" ? this.turnAt(event) : null;
    this.surface.classList.toggle("border", event !== null && this.borderAt(event) !== null);
    $("tip").hidden = turn === null;
    const lane = turn && timeline.conversation.laneOf(turn);
    if (turn) {
      const doubt = isUnsure(turn) ? ` · ${percent(turn.confidence, 1)} sure` : "";
      this.showTip(`${lane.name} · ${stretch(turn.start, turn.end)} · ${length(turn.end - turn.start)}${doubt}`,
        event.offsetX, event.offsetY);
    }
    if ((timeline.hover?.turn ?? null) !== turn) {
      timeline.hover = turn && { turn, lane };
      timeline.schedule();
    }
  }
}
