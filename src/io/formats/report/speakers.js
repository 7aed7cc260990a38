// The table of speakers: totals, renaming in place, merging.
class Speakers {
  // `changed` is called after every edit.
  constructor(conversation, changed) {
    this.conversation = conversation;
    this.changed = changed;
    this.rows = new Map();
    $("merge").addEventListener("close", () => this.finishMerge());
  }

  refresh() {
    const { lanes } = this.conversation;
    const most = Math.max(...lanes.map((lane) => lane.speech), 0.001);
    const kept = new Map();
    for (const lane of lanes) {
      const row = this.rows.get(lane.id) ?? this.makeRow(lane.id);
      kept.set(lane.id, row);
      this.fillRow(row, lane, most);
    }
    this.rows = kept;
    const wanted = lanes.map((lane) => this.rows.get(lane.id).row);
    const body = $("speakers");
    // Only when rows come or go, so that the field being edited keeps the focus.
    if (wanted.length !== body.children.length || wanted.some((row, i) => body.children[i] !== row)) {
      body.replaceChildren(...wanted);
    }
  }

  makeRow(id) {
    const original = this.conversation.data.speakers[id];
    const name = element("input", { type: "text", spellcheck: false, maxLength: 200, autocomplete: "off" });
    name.addEventListener("change", () => this.rename(id, name));
    name.addEventListener("keydown", (event) => {
      if (event.key === "Enter") name.blur();
      if (event.key === "Escape") {
        name.value = this.conversation.names[id];
        name.blur();
      }
    });
    name.setAttribute("aria-label", `Name of ${original}`);
    const part = element("i", { "aria-hidden": "true" });
    const share = element("span");
    const cell = (label) => {
      const made = element("td", { className: "number" });
      made.dataset.label = label;
      return made;
    };
    const cells = ["Speech", "Turns", "Mean turn", "Longest", "Overlapped"].map(cell);
    const merge = element("button", { type: "button", textContent: "Merge…" });
    merge.addEventListener("click", () => this.startMerge(id));
    const row = element("tr", { "--colour": `var(--s${id % 8})` },
      element("td", {}, element("div", { className: "who" }, element("span", { className: "dot" }), name)),
      element("td", {}, element("div", { className: "bar" }, part, share)), ...cells, element("td", {}, merge));
    return { row, name, part, share, cells, merge };
  }

  fillRow({ name, part, share, cells, merge }, lane, most) {
    const { speech, turns, longest, overlapped } = lane;
    if (document.activeElement !== name) name.value = lane.name;
    part.style.setProperty("--part", `${(100 * speech) / most}%`);
    share.textContent = percent(speech, this.conversation.speech);
    const values = [length(speech), turns.length.toLocaleString("en"), length(speech / Math.max(1, turns.length)),
      length(longest), percent(overlapped, speech)];
    cells.forEach((cell, i) => { cell.textContent = values[i]; });
    merge.disabled = this.conversation.lanes.length < 2;
    merge.setAttribute("aria-label", `Merge ${lane.name} into another speaker`);
  }

  rename(id, field) {
    const name = field.value.trim();
    const before = this.conversation.names[id];
    const other = this.conversation.laneNamed(name);
    if (name === "" || name === before) {
      field.value = before;
    } else if (other && other.id !== id) {
      field.value = before;
      this.startMerge(id, other.id);
    } else {
      this.conversation.rename(id, name);
      this.changed(`${before} is now ${name}`);
    }
  }

  startMerge(from, into) {
    this.merging = from;
    const { lanes, names } = this.conversation;
    $("merge-title").textContent = into === undefined ? `Merge ${names[from]}` : `There is already a ${names[into]}. Merge the two?`;
    $("merge-into").replaceChildren(...lanes.filter((lane) => lane.id !== from)
      .map((lane) => element("option", { value: String(lane.id), textContent: lane.name, selected: lane.id === into })));
    $("merge").returnValue = "cancel";
    $("merge").showModal();
  }

  finishMerge() {
    if ($("merge").returnValue !== "merge") return;
    const into = Number($("merge-into").value);
    const [gone, stays] = [this.conversation.names[this.merging], this.conversation.names[into]];
    this.conversation.merge(this.merging, into);
    this.changed(`${gone} merged into ${stays}`);
    this.rows.get(into)?.merge.focus();
  }
}
