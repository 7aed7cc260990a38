// Corrections: each takes the conversation to its next state and gives {message, turn}, the turn being the id of
// the one to select then. Null: nothing to do.
const SHORTEST_TURN = 0.02;
const toMilliseconds = (time) => Math.round(time * 1000) / 1000;

class Editor {
  constructor(conversation) { this.conversation = conversation; }

  // All turns but those of `gone`, and `fresh`. Where a fresh turn overlaps others of its speaker the two become one;
  // turns that only touch stay apart, or nothing could be split.
  turnsWith(fresh, gone) {
    let rest = this.conversation.state.turns.filter((turn) => !gone.includes(turn));
    const made = [];
    for (const turn of fresh) {
      let grown = turn;
      for (let found = true; found;) {
        const meets = (other) => other.speaker === grown.speaker && other.end > grown.start && other.start < grown.end;
        const absorbed = rest.filter(meets);
        found = absorbed.length > 0;
        if (!found) break;
        rest = rest.filter((other) => !meets(other));
        grown = { ...grown, start: Math.min(grown.start, ...absorbed.map((other) => other.start)),
          end: Math.max(grown.end, ...absorbed.map((other) => other.end)) };
      }
      made.push(grown);
    }
    return [...rest, ...made];
  }

  make(start, end, speaker) { return { id: this.conversation.nextId++, start, end, speaker }; }
  name(id) { return this.conversation.names[id]; }

  // A speaker with this name who has nothing to say yet: {names, owner, id}.
  withNewSpeaker(name) {
    const { names, owner } = this.conversation.state;
    return { names: [...names, name], owner: [...owner, names.length], id: names.length };
  }
  // The first free name of the kind that the program gives.
  freeName() {
    for (let number = 0; ; ++number) {
      const name = `SPEAKER_${String(number).padStart(2, "0")}`;
      if (!this.conversation.names.includes(name)) return name;
    }
  }

  rename(id, name) {
    const before = this.name(id);
    const names = this.conversation.names.slice();
    names[id] = name;
    this.conversation.commit(`Rename ${before}`, { names });
    return { message: `${before} is now ${name}` };
  }

  // Their turns become one speaker's; what overlaps or touches is joined.
  merge(from, into) {
    const { turns, owner } = this.conversation.state;
    const both = turns.filter((turn) => turn.speaker === from || turn.speaker === into);
    const kept = turns.filter((turn) => !both.includes(turn));
    const same = new Map(both.filter((turn) => turn.speaker === into).map((turn) => [`${turn.start} ${turn.end}`, turn]));
    // A turn that nothing was joined to stays the one it was.
    const merged = joined(both).map(({ start, end }) => same.get(`${start} ${end}`) ?? this.make(start, end, into));
    const message = `${this.name(from)} merged into ${this.name(into)}`;
    this.conversation.commit(message, { turns: [...kept, ...merged], owner: owner.map((id) => (id === from ? into : id)) });
    return { message };
  }

  assign(turn, speaker) {
    if (turn.speaker === speaker) return this.confirm(turn);
    const fresh = this.make(turn.start, turn.end, speaker);
    this.conversation.commit(`Give a turn to ${this.name(speaker)}`, { turns: this.turnsWith([fresh], [turn]) });
    return { message: `The turn is ${this.name(speaker)}'s`, turn: fresh.id };
  }
  assignNew(turn, name) {
    const { names, owner, id } = this.withNewSpeaker(name);
    const fresh = this.make(turn.start, turn.end, id);
    this.conversation.commit(`Give a turn to ${name}`, { names, owner, turns: this.turnsWith([fresh], [turn]) });
    return { message: `The turn is ${name}'s`, turn: fresh.id };
  }

  // It is right: nothing but the doubt goes.
  confirm(turn) {
    if (!isUnsure(turn)) return null;
    const fresh = this.make(turn.start, turn.end, turn.speaker);
    this.conversation.commit("Confirm a turn", { turns: this.turnsWith([fresh], [turn]) });
    return { message: `The turn is ${this.name(turn.speaker)}'s, confirmed`, turn: fresh.id };
  }

  split(turn, at) {
    const time = toMilliseconds(at);
    if (time < turn.start + SHORTEST_TURN || time > turn.end - SHORTEST_TURN) return null;
    const parts = [this.make(turn.start, time, turn.speaker), this.make(time, turn.end, turn.speaker)];
    const others = this.conversation.state.turns.filter((other) => other !== turn);
    this.conversation.commit("Split a turn", { turns: [...others, ...parts] });
    return { message: `Split at ${clock(time)}`, turn: parts[1].id };
  }

  // `edge`: "start" or "end".
  move(turn, edge, time) {
    const low = edge === "start" ? 0 : turn.start + SHORTEST_TURN;
    const high = edge === "start" ? turn.end - SHORTEST_TURN : this.conversation.duration;
    const place = clamp(toMilliseconds(time), low, high);
    if (place === turn[edge]) return null;
    const fresh = { ...this.make(turn.start, turn.end, turn.speaker), [edge]: place };
    this.conversation.commit(`Move the ${edge} of a turn`, { turns: this.turnsWith([fresh], [turn]) });
    return { message: `The turn now ${edge}s at ${clock(place)}`, turn: fresh.id };
  }

  remove(turn) {
    this.conversation.commit("Delete a turn", { turns: this.turnsWith([], [turn]) });
    return { message: `Turn of ${this.name(turn.speaker)} deleted` };
  }

  // `speaker` null: somebody new.
  add(from, to, speaker) {
    const start = toMilliseconds(clamp(Math.min(from, to), 0, this.conversation.duration));
    const end = toMilliseconds(clamp(Math.max(from, to), 0, this.conversation.duration));
    if (end - start < SHORTEST_TURN) return null;
    const added = speaker === null ? this.withNewSpeaker(this.freeName()) : { id: speaker };
    const fresh = this.make(start, end, added.id);
    const change = { turns: this.turnsWith([fresh], []) };
    if (speaker === null) Object.assign(change, { names: added.names, owner: added.owner });
    this.conversation.commit("Add a turn", change);
    return { message: `Turn of ${this.name(added.id)} added`, turn: fresh.id };
  }
}
