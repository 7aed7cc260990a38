// Every turn as a row, with what was said in it; one stop for the Tab key, arrows go through the rows. Only rows in sight
// exist, so their heights are guessed until they have been seen.
class TurnList {
  // actions: {select(turn or null), play(time), addAt(row)}
  constructor(conversation, player, transcript, selection, actions) {
    Object.assign(this, { conversation, player, transcript, selection, actions });
    this.box = $("turns");
    this.list = element("div", { className: "rows", role: "presentation" });
    this.box.append(this.list);
    this.elements = new Map();  // of rows in sight, by index
    this.heights = new Map();   // measured, by key
    this.who = "all";
    this.active = -1;  // index of the row that the keys are at
    this.touched = -Infinity;  // when somebody last used the list: it does not follow the sound then
    this.hits = { rows: new Set(), words: new Set() };
    this.spoken = null;
    this.filter = $("turn-filter");
    this.filter.addEventListener("change", () => this.show(this.filter.value));
    this.box.addEventListener("scroll", () => this.render());
    for (const event of ["wheel", "pointerdown", "touchmove", "keydown"]) {
      this.box.addEventListener(event, () => { this.touched = performance.now(); }, { passive: true });
    }
    this.box.addEventListener("click", (event) => this.click(event));
    this.box.addEventListener("keydown", (event) => this.key(event));
    let width = this.box.clientWidth;
    new ResizeObserver(() => {
      if (this.box.clientWidth === width) return;
      width = this.box.clientWidth;
      this.heights.clear();
      this.refresh();
    }).observe(this.box);
  }

  // Shows the turns of one lane (its id as text) or of "all".
  show(who) {
    this.who = who;
    this.box.scrollTop = 0;
    this.refresh();
  }

  refresh() {
    const { lanes, unsure } = this.conversation;
    const there = this.who === "unsure" ? unsure.length > 0 : lanes.some((lane) => String(lane.id) === this.who);
    if (!there) this.who = "all";
    const doubts = unsure.length === 0 ? [] : [element("option", { value: "unsure", textContent: "Uncertain turns" })];
    this.filter.replaceChildren(element("option", { value: "all", textContent: "All speakers" }), ...doubts,
      ...lanes.map((lane) => element("option", { value: String(lane.id), textContent: lane.name })));
    this.filter.value = this.who;
    if (this.transcript) this.transcript.assign(this.conversation);
    const shows = (row) => this.who === "all" || (this.who === "unsure" ? row.turn && isUnsure(row.turn)
      : row.lane && String(row.lane.id) === this.who);
    this.rows = makeRows(this.conversation, this.transcript).filter(shows);
    this.stretches = new Stretches(this.rows);
    this.indexOf = new Map(this.rows.map((row, index) => [row.key, index]));
    const count = this.rows.filter((row) => row.turn).length;
    $("turn-count").textContent = counted(count, "turn");
    $("next-unsure").hidden = unsure.length === 0;
    $("next-unsure").textContent = `${unsure.length.toLocaleString("en")} uncertain`;
    $("no-turns").hidden = this.rows.length > 0;
    this.box.hidden = this.rows.length === 0;
    this.narrow = matchMedia("(max-width: 720px)").matches;
    this.layOut();
    this.elements.clear();
    this.list.replaceChildren();
    this.activate(this.selection.turn ? this.indexOf.get(`t${this.selection.turn.id}`) ?? -1 : Math.min(this.active, this.rows.length - 1));
    this.box.classList.toggle("spoken", this.transcript !== null);
    this.render();
    this.mark(this.player.time, false, true);
  }

  guess(row) {
    const least = this.narrow ? 44 : 40;
    if (row.words.length === 0) return this.narrow && this.transcript ? 44 : least;
    const letters = row.words.reduce((sum, word) => sum + word.text.length + 1, 0);
    const inLine = Math.max(20, (this.box.clientWidth - (this.narrow ? 32 : 400)) / 7.4);
    return (this.narrow ? 40 : 17) + 23 * Math.ceil(letters / inLine);
  }

  // Where each row begins; the last entry is the height of all.
  layOut() {
    this.tops = new Float64Array(this.rows.length + 1);
    this.rows.forEach((row, i) => { this.tops[i + 1] = this.tops[i] + (this.heights.get(row.key) ?? this.guess(row)); });
    this.list.style.height = `${this.tops[this.rows.length]}px`;
    for (const [index, item] of this.elements) item.style.top = `${this.tops[index]}px`;
  }

  rowAtTop(y) { return clamp(firstWhere(this.tops, (top) => top > y) - 1, 0, Math.max(0, this.rows.length - 1)); }

  render() {
    if (this.rows.length === 0) return;
    // Measuring may move what follows; a few rounds settle it.
    for (let round = 0; round < 4; ++round) if (!this.renderOnce()) break;
  }

  // True when a height was other than guessed.
  renderOnce() {
    const first = Math.max(0, this.rowAtTop(this.box.scrollTop) - 4);
    const last = Math.min(this.rows.length, this.rowAtTop(this.box.scrollTop + this.box.clientHeight) + 6);
    for (const [index, item] of this.elements) {
      if ((index < first || index >= last) && index !== this.active) {
        item.remove();
        this.elements.delete(index);
      }
    }
    const fresh = [];
    const add = (index) => {
      if (index < 0 || this.elements.has(index)) return;
      const item = this.makeRow(index);
      this.elements.set(index, item);
      fresh.push([index, item]);
    };
    for (let index = first; index < last; ++index) add(index);
    add(this.active);
    this.list.append(...fresh.map(([, item]) => item));
    return this.measure(fresh);
  }

  // What stands at the top of the box stays there when rows above it turn out longer.
  measure(fresh) {
    const anchor = this.rowAtTop(this.box.scrollTop);
    const into = this.box.scrollTop - this.tops[anchor];
    let changed = false;
    for (const [index, item] of fresh) {
      const height = item.offsetHeight;
      if (height === 0) continue;
      if (Math.abs(height - (this.tops[index + 1] - this.tops[index])) > 0.5) changed = true;
      this.heights.set(this.rows[index].key, height);
    }
    if (!changed) return false;
    this.layOut();
    if (anchor > 0) this.box.scrollTop = this.tops[anchor] + into;
    return true;
  }

  makeRow(index) {
    const { start, end, lane, words, turn } = this.rows[index];
    const who = element("span", { className: "who" }, element("span", { className: `dot lines-${lane ? lane.lines : 0}` }),
      element("span", { textContent: lane ? lane.name : "Nobody" }));
    const row = element("div", { id: `row-${index}`, className: turn ? "turn" : "turn loose", role: "option",
      "--colour": lane ? lane.colour : "var(--muted)", "aria-setsize": this.rows.length, "aria-posinset": index + 1 },
      element("span", { className: "when muted", textContent: stretch(start, end) }), who);
    if (turn && isUnsure(turn)) {
      const doubt = `uncertain, ${percent(turn.confidence, 1)} sure`;
      who.children[0].after(element("span", { className: "doubt", textContent: "?", title: doubt, role: "img", "aria-label": doubt }));
    }
    if (this.transcript) row.append(this.makeWords(words));
    row.append(element("span", { className: "length muted", textContent: length(end - start) }));
    row.dataset.index = index;
    row.style.top = `${this.tops[index]}px`;
    this.dress(row, index);
    return row;
  }

  makeWords(words) {
    const text = element("span", { className: "words" });
    words.forEach((word, i) => {
      if (i > 0 && word.space) text.append(" ");
      const span = element("span", { className: "word", textContent: word.text });
      span.dataset.word = word.index;
      text.append(span);
    });
    return text;
  }

  // What is selected, spoken and found.
  dress(item, index) {
    const row = this.rows[index];
    const selected = row.turn !== null && row.turn === this.selection.turn;
    item.setAttribute("aria-selected", String(selected));
    item.classList.toggle("selected", selected);
    item.classList.toggle("active", index === this.active);
    item.classList.toggle("current", row.start <= this.player.time && this.player.time < row.end);
    item.classList.toggle("hit", this.hits.rows.has(index));
    for (const span of item.querySelectorAll(".word")) {
      const word = Number(span.dataset.word);
      span.classList.toggle("now", this.spoken !== null && word === this.spoken.index);
      span.classList.toggle("hit", this.hits.words.has(word));
    }
  }
  dressAll() { for (const [index, item] of this.elements) this.dress(item, index); }

  // The selection changed.
  refreshSelection(scroll) {
    const { turn } = this.selection;
    const index = turn ? this.indexOf.get(`t${turn.id}`) : undefined;
    if (index !== undefined) this.activate(index, scroll);
    this.dressAll();
  }

  activate(index, scroll = false) {
    this.active = index;
    if (scroll && index >= 0) this.reveal(index);
    if (index >= 0) this.box.setAttribute("aria-activedescendant", `row-${index}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  reveal(index) {
    for (let round = 0; round < 3; ++round) {  // heights are known only once they have been seen
      const top = this.tops[index];
      const bottom = this.tops[index + 1];
      const { scrollTop, clientHeight } = this.box;
      if (top < scrollTop) this.box.scrollTop = Math.max(0, top - 8);
      else if (bottom > scrollTop + clientHeight) this.box.scrollTop = Math.min(top - 8, bottom - clientHeight + 8);
      this.render();
    }
  }

  choose(index) {
    const row = this.rows[index];
    this.player.seek(row.start);
    this.activate(index, true);
    this.actions.select(row.turn);
    this.dressAll();
  }

  click(event) {
    const item = event.target.closest(".turn");
    if (!item) return;
    const index = Number(item.dataset.index);
    const word = event.target.closest(".word");
    if (!word) {
      this.choose(index);
      return;
    }
    this.activate(index);
    this.actions.select(this.rows[index].turn);
    this.dressAll();
    this.actions.play(this.transcript.words[Number(word.dataset.word)].start);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.box.clientHeight / 48) - 1);
    const last = this.rows.length - 1;
    const goals = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, Home: 0, End: last,
      PageDown: this.active + page, PageUp: this.active - page };
    if (event.key in goals) {
      this.choose(clamp(goals[event.key], 0, last));
    } else if (event.key === "Enter" && this.active >= 0) {
      this.actions.play(this.rows[this.active].start);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  showHits(hits) {
    this.hits = { rows: new Set(hits.map((hit) => hit.row)), words: new Set(hits.flatMap((hit) => [...hit.words])) };
    this.dressAll();
  }

  // Marks the turns and the word at `time`; scrolls to the first of them when `follow` and nobody is using the list.
  mark(time, follow, force = false) {
    const spoken = this.transcript ? this.transcript.at(time) : null;
    const current = this.stretches.within(time, time + 1e-9).filter((row) => row.start <= time).map((row) => row.key).join();
    if (!force && current === this.currents && spoken === this.spoken) return;
    this.currents = current;
    this.spoken = spoken;
    this.dressAll();
    if (!follow || current === "" || performance.now() - this.touched < 3000 || this.box.matches(":hover")) return;
    const index = this.indexOf.get(current.split(",")[0]);
    const { scrollTop, clientHeight } = this.box;
    if (this.tops[index] < scrollTop || this.tops[index + 1] > scrollTop + clientHeight) {
      this.box.scrollTop = Math.max(0, this.tops[index] - 60);
    }
  }
}
