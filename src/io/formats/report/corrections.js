// Which turn is being corrected, and the bar and keys that correct it.
class Selection {
  constructor(conversation) {
    this.conversation = conversation;
    this.id = null;
  }
  get turn() { return this.conversation.turnOfId.get(this.id) ?? null; }
  set(turn) { this.id = turn ? turn.id : null; }
}

const NEW_TURN_LASTS = 2;

class Corrections {
  // actions: {changed(result), selected(), play(from, to)}
  constructor(conversation, editor, selection, player, actions) {
    Object.assign(this, { conversation, editor, selection, player, actions });
    $("edit-speaker").addEventListener("change", () => this.chooseSpeaker());
    for (const edge of ["start", "end"]) {
      const field = $(`edit-${edge}`);
      field.addEventListener("change", () => this.typeBorder(edge, field.value));
      field.addEventListener("keydown", (event) => { if (event.key === "Enter") field.blur(); });
    }
    $("edit-play").addEventListener("click", () => {
      const { turn } = this.selection;
      if (turn) this.actions.play(turn.start, turn.end);
    });
    $("edit-confirm").addEventListener("click", () => this.confirm());
    $("edit-split").addEventListener("click", () => this.split());
    $("edit-add").addEventListener("click", () => this.add());
    $("edit-delete").addEventListener("click", () => this.remove());
  }

  refresh() {
    const { turn } = this.selection;
    const { lanes } = this.conversation;
    for (const id of ["edit-speaker", "edit-start", "edit-end", "edit-split", "edit-delete"]) $(id).disabled = turn === null;
    $("edit-play").disabled = turn === null || !this.player.canPlay;
    $("edit-speaker").replaceChildren(...lanes.map((lane, i) =>
      element("option", { value: String(lane.id), textContent: i < 9 ? `${i + 1} · ${lane.name}` : lane.name })),
    element("option", { value: "new", textContent: "Somebody new" }));
    $("edit-speaker").value = turn ? String(turn.speaker) : "";
    $("edit-start").value = turn ? clock(turn.start, 2) : "";
    $("edit-end").value = turn ? clock(turn.end, 2) : "";
    const unsure = turn !== null && isUnsure(turn);
    $("edit-doubt").hidden = !unsure;
    $("edit-sure").textContent = unsure ? `${percent(turn.confidence, 1)} sure` : "";
    $("edit").classList.toggle("idle", turn === null);
    document.body.classList.toggle("choosing", turn !== null);
  }

  // The selected turn; without one, the only turn under the cursor. Says what is missing.
  turnToEdit() {
    const { turn } = this.selection;
    if (turn) return turn;
    const under = this.conversation.turnsAt(this.player.time);
    if (under.length === 1) return under[0];
    announce(under.length === 0 ? "Select a turn first." : "Several talk here: select a turn first.");
    return null;
  }

  finish(result, unchanged = "") {
    if (result) this.actions.changed(result);
    else if (unchanged !== "") announce(unchanged);
  }

  chooseSpeaker() {
    const { turn } = this.selection;
    const { value } = $("edit-speaker");
    if (!turn) return;
    this.finish(value === "new" ? this.editor.assignNew(turn, this.editor.freeName()) : this.editor.assign(turn, Number(value)));
  }
  // By the key of its lane, 0 for the first.
  assignToLane(index) {
    const lane = this.conversation.lanes[index];
    const turn = lane && this.turnToEdit();
    if (turn) this.finish(this.editor.assign(turn, lane.id), `The turn is ${lane.name}'s already`);
  }
  confirm() {
    const turn = this.turnToEdit();
    if (turn) this.finish(this.editor.confirm(turn), "This turn is not uncertain.");
  }
  split() {
    const turn = this.turnToEdit();
    if (turn) this.finish(this.editor.split(turn, this.player.time), "Move the cursor into the turn to split it there.");
  }
  move(edge) {
    const turn = this.turnToEdit();
    if (turn) this.finish(this.editor.move(turn, edge, this.player.time));
  }
  typeBorder(edge, text) {
    const { turn } = this.selection;
    const time = parsedClock(text);
    if (turn && Number.isFinite(time)) this.finish(this.editor.move(turn, edge, time));
    else announce(`${text} is not a time like 1:23.45`);
    this.refresh();
  }
  remove() {
    const turn = this.turnToEdit();
    if (turn) this.finish(this.editor.remove(turn));
  }
  // From the cursor on, by the speaker of the selected turn, else of the nearest one before.
  add() {
    const { turns, lanes, duration } = this.conversation;
    const time = Math.max(0, Math.min(this.player.time, duration - SHORTEST_TURN * 2));
    const near = this.selection.turn ?? turns[firstWhere(turns, (turn) => turn.start > time) - 1];
    const speaker = near ? near.speaker : lanes.length > 0 ? lanes[0].id : null;
    this.addBetween(time, Math.min(duration, time + NEW_TURN_LASTS), speaker);
  }
  addBetween(from, to, speaker) { this.finish(this.editor.add(from, to, speaker), "That is too short for a turn."); }
}
