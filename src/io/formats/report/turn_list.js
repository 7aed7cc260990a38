// Every turn as a row to click; only the rows in sight exist.
class TurnList {
  constructor(conversation, player) {
    Object.assign(this, { conversation, player });
    this.box = $("turns");
    this.list = element("ol", { role: "list" });
    this.box.append(this.list);
    this.rows = new Map();
    this.who = "all";
    this.currents = "";
    this.filter = $("turn-filter");
    this.filter.addEventListener("change", () => {
      this.who = this.filter.value;
      this.box.scrollTop = 0;
      this.refresh();
    });
    this.box.addEventListener("scroll", () => this.render());
    new ResizeObserver(() => this.refresh()).observe(this.box);
  }

  refresh() {
    const { lanes } = this.conversation;
    if (!lanes.some((lane) => String(lane.id) === this.who)) this.who = "all";
    this.filter.replaceChildren(element("option", { value: "all", textContent: "All speakers" }),
      ...lanes.map((lane) => element("option", { value: String(lane.id), textContent: lane.name })));
    this.filter.value = this.who;
    this.shown = this.conversation.turns.filter((turn) => this.who === "all" || String(turn.lane.id) === this.who);
    $("turn-count").textContent = counted(this.shown.length, "turn");
    this.rowHeight = matchMedia("(max-width: 720px)").matches ? 44 : 40;
    this.list.style.height = `${this.shown.length * this.rowHeight}px`;
    this.box.style.height = this.shown.length * this.rowHeight < 440 ? "auto" : "";
    this.rows.clear();
    this.list.replaceChildren();
    this.longest = this.shown.reduce((most, turn) => Math.max(most, turn.end - turn.start), 0);
    this.render();
    this.mark(this.player.time, false, true);
  }

  render() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.rowHeight) - 6);
    const last = Math.min(this.shown.length, first + Math.ceil(this.box.clientHeight / this.rowHeight) + 12);
    for (const [index, row] of this.rows) {
      // The row with the focus stays, or the focus would fall back to the page.
      if ((index < first || index >= last) && !row.contains(document.activeElement)) {
        row.remove();
        this.rows.delete(index);
      }
    }
    const fresh = [];
    for (let index = first; index < last; ++index) {
      if (this.rows.has(index)) continue;
      const row = this.makeRow(index);
      this.rows.set(index, row);
      fresh.push(row);
    }
    this.list.append(...fresh);
  }

  makeRow(index) {
    const { start, end, lane } = this.shown[index];
    const button = element("button", { type: "button" }, element("span", { className: "muted", textContent: clock(start) }),
      element("span", { className: "who" }, element("span", { className: "dot" }), element("span", { textContent: lane.name })),
      element("span", { className: "length muted", textContent: length(end - start) }));
    button.addEventListener("click", () => this.player.seek(start));
    const row = element("li", { "--colour": lane.colour, "aria-setsize": this.shown.length, "aria-posinset": index + 1 }, button);
    row.style.top = `${index * this.rowHeight}px`;
    row.classList.toggle("current", this.isCurrent(index));
    return row;
  }

  isCurrent(index) {
    const turn = this.shown[index];
    return turn.start <= this.player.time && this.player.time < turn.end;
  }

  // Highlights the turns at `time`; scrolls to the first of them when `follow` and nobody is using the list.
  mark(time, follow, force = false) {
    const beyond = firstWhere(this.shown, (turn) => turn.start > time);
    const current = [];
    // Turns are in order of their starts: none that began more than the longest turn ago can still go on.
    for (let i = beyond - 1; i >= 0 && this.shown[i].start > time - this.longest - 1e-6; --i) {
      if (time < this.shown[i].end) current.unshift(i);
    }
    if (!force && current.join() === this.currents) return;
    this.currents = current.join();
    for (const [index, row] of this.rows) row.classList.toggle("current", current.includes(index));
    if (!follow || current.length === 0 || this.box.matches(":hover, :focus-within")) return;
    const top = current[0] * this.rowHeight;
    if (top < this.box.scrollTop || top > this.box.scrollTop + this.box.clientHeight - 2 * this.rowHeight) {
      this.box.scrollTop = Math.max(0, top - this.rowHeight * 2);
    }
  }
}
