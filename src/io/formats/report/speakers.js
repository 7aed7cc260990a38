// The table of speakers, and the panel that a lane's name opens: renaming, hearing one alone, merging.
class Speakers {
  // actions: {changed(result), playOnly(id), showTurns(id)}
  constructor(conversation, editor, actions) {
    Object.assign(this, { conversation, editor, actions });
    this.rows = new Map();
    this.only = null;  // id of the speaker who is played alone
    $("merge").addEventListener("close", () => this.finishMerge());
    $("merge-into").addEventListener("change", () => { $("merge-go").disabled = $("merge-into").value === ""; });
    $("speaker").addEventListener("close", () => this.closePanel());
    $("speaker-name").addEventListener("keydown", (event) => { if (event.key === "Enter") this.leavePanel(event, "save"); });
  }

  refresh() {
    const { lanes } = this.conversation;
    const kept = new Map();
    for (const lane of lanes) {
      const row = this.rows.get(lane.id) ?? this.makeRow(lane.id);
      kept.set(lane.id, row);
      this.fillRow(row, lane);
    }
    this.rows = kept;
    const wanted = lanes.map((lane) => this.rows.get(lane.id).row);
    const body = $("speakers");
    // Only when rows come or go, so that the field being edited keeps the focus.
    if (wanted.length !== body.children.length || wanted.some((row, i) => body.children[i] !== row)) {
      body.replaceChildren(...wanted);
    }
    $("speakers-table").hidden = lanes.length === 0;
    $("speakers-note").textContent = lanes.length === 0 ? "Nobody speaks in this recording." : "Click a name to change it.";
  }

  makeRow(id) {
    const original = this.conversation.names[id];
    const name = element("input", { type: "text", spellcheck: false, maxLength: 200, autocomplete: "off" });
    name.addEventListener("change", () => { if (!this.rename(id, name.value)) name.value = this.conversation.names[id]; });
    name.addEventListener("keydown", (event) => {
      if (event.key === "Enter") name.blur();
      if (event.key === "Escape") {
        name.value = this.conversation.names[id];
        name.blur();
      }
    });
    name.setAttribute("aria-label", `Name of ${original}`);
    const lines = `lines-${Math.floor(id / 8) % 4}`;
    const part = element("i", { "aria-hidden": "true", className: lines });
    const share = element("span");
    const cell = (label) => {
      const made = element("td", { className: "number" });
      made.dataset.label = label;
      return made;
    };
    const cells = ["Speech", "Turns", "Mean turn", "Longest", "Overlapped"].map(cell);
    const play = element("button", { type: "button", className: "play-only" });
    play.addEventListener("click", () => this.actions.playOnly(id));
    const merge = element("button", { type: "button", textContent: "Merge…" });
    merge.addEventListener("click", () => this.startMerge(id));
    const row = element("tr", { "--colour": `var(--s${id % 8})` },
      element("td", {}, element("div", { className: "who" }, element("span", { className: `dot ${lines}` }), name)),
      element("td", {}, element("div", { className: "bar" }, part, share)), ...cells,
      element("td", {}, element("div", { className: "actions" }, play, merge)));
    return { row, name, part, share, cells, merge, play };
  }

  fillRow({ name, part, share, cells, merge, play }, lane) {
    const { speech, turns, longest, overlapped } = lane;
    if (document.activeElement !== name) name.value = lane.name;
    name.size = clamp(Array.from(lane.name).length, 12, 44);
    // A bar is as long as its share says.
    part.style.setProperty("--part", `${(100 * speech) / Math.max(this.conversation.speech, 0.001)}%`);
    share.textContent = percent(speech, this.conversation.speech);
    const values = [length(speech), turns.length.toLocaleString("en"), length(speech / Math.max(1, turns.length)),
      length(longest), percent(overlapped, speech)];
    cells.forEach((cell, i) => { cell.textContent = values[i]; });
    merge.disabled = this.conversation.lanes.length < 2;
    merge.setAttribute("aria-label", `Merge ${lane.name} into another speaker`);
    play.textContent = this.only === lane.id ? "Stop" : "Play";
    play.setAttribute("aria-label", this.only === lane.id ? `Play everybody, not ${lane.name} alone` : `Play ${lane.name} alone`);
  }

  // False: the name stays as it was.
  rename(id, wanted) {
    const name = wanted.trim();
    const other = this.conversation.laneNamed(name);
    if (name === "" || name === this.conversation.names[id]) return false;
    if (other && other.id !== id) {
      this.startMerge(id, other.id);
      return false;
    }
    this.actions.changed(this.editor.rename(id, name));
    return true;
  }

  openPanel(id) {
    const lane = this.conversation.laneOfId.get(id);
    this.panel = id;
    $("speaker-title").textContent = lane.name;
    $("speaker-name").value = lane.name;
    $("speaker-facts").textContent = `${length(lane.speech)} in ${counted(lane.turns.length, "turn")}`;
    $("speaker-play").textContent = this.only === id ? "Play everybody again" : "Play this speaker";
    $("speaker-merge").disabled = this.conversation.lanes.length < 2;
    $("speaker").returnValue = "";
    $("speaker").showModal();
    $("speaker-name").select();
  }
  leavePanel(event, value) {
    event.preventDefault();
    $("speaker").close(value);
  }
  closePanel() {
    const actions = { play: () => this.actions.playOnly(this.panel), turns: () => this.actions.showTurns(this.panel),
      merge: () => this.startMerge(this.panel), save: () => this.rename(this.panel, $("speaker-name").value) };
    actions[$("speaker").returnValue]?.();
  }

  startMerge(from, into) {
    this.merging = from;
    const { lanes, names } = this.conversation;
    $("merge-title").textContent = into === undefined ? `Merge ${names[from]}` : `There is already a ${names[into]}. Merge the two?`;
    $("merge-into").replaceChildren(element("option", { value: "", textContent: "Choose a speaker", disabled: true }),
      ...lanes.filter((lane) => lane.id !== from).map((lane) => element("option", { value: String(lane.id), textContent: lane.name })));
    $("merge-into").value = into === undefined ? "" : String(into);
    $("merge-go").disabled = into === undefined;
    $("merge").returnValue = "cancel";
    $("merge").showModal();
  }

  finishMerge() {
    if ($("merge").returnValue !== "merge" || $("merge-into").value === "") return;
    const into = Number($("merge-into").value);
    this.actions.changed(this.editor.merge(this.merging, into));
    this.rows.get(into)?.merge.focus();
  }
}
