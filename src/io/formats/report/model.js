// The conversation: turns as they came, the user's names and merges on top, and what follows from both.

// Index of the first entry of `sorted` for which `test` holds; all later ones must hold too.
function firstWhere(sorted, test) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(sorted[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

// Sorted segments in, their union out: overlapping and touching ones become one.
function joined(segments) {
  const union = [];
  for (const [start, end] of segments) {
    const last = union[union.length - 1];
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else union.push([start, end]);
  }
  return union;
}

class Conversation {
  constructor(data) {
    this.data = data;
    this.duration = Math.max(data.duration_s, 0.001);
    this.names = data.speakers.slice();
    this.owner = data.speakers.map((_, index) => index);  // who a speaker's turns belong to after merges
    this.history = [];
    this.unsaved = false;
    this.rebuild();
  }

  // lanes: [{id, name, colour, turns: [[start, end], ...], speech, overlapped, longest}], turns: all, in time.
  rebuild() {
    const lanes = new Map();
    this.names.forEach((name, id) => {
      if (this.owner[id] === id) lanes.set(id, { id, name, colour: `var(--s${id % 8})`, turns: [] });
    });
    for (const [start, end, speaker] of this.data.turns) {
      if (end > start) lanes.get(this.owner[speaker]).turns.push([start, end]);
    }
    this.lanes = [...lanes.values()];
    this.turns = [];
    for (const lane of this.lanes) {
      // Only a merge makes a speaker overlap themselves; turns that nobody touched stay as they came.
      if (this.owner.some((owner, id) => owner === lane.id && id !== lane.id)) lane.turns = joined(lane.turns);
      lane.speech = lane.turns.reduce((sum, [start, end]) => sum + end - start, 0);
      lane.longest = lane.turns.reduce((most, [start, end]) => Math.max(most, end - start), 0);
      for (const [start, end] of lane.turns) this.turns.push({ start, end, lane });
    }
    this.turns.sort((a, b) => a.start - b.start || a.end - b.end);
    this.findOverlap();
  }

  // overlaps: where two or more speakers talk; talking: seconds in which anybody does.
  findOverlap() {
    const events = [];
    for (const { start, end } of this.turns) events.push([start, 1], [end, -1]);
    events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    this.overlaps = [];
    this.talking = 0;
    let active = 0;
    let before = 0;
    for (const [time, change] of events) {
      if (active > 0) this.talking += time - before;
      if (active > 1 && time > before) {
        const last = this.overlaps[this.overlaps.length - 1];
        if (last && last[1] === before) last[1] = time;
        else this.overlaps.push([before, time]);
      }
      active += change;
      before = time;
    }
    this.overlapping = this.overlaps.reduce((sum, [start, end]) => sum + end - start, 0);
    for (const lane of this.lanes) {
      lane.overlapped = 0;
      for (const [start, end] of lane.turns) {
        for (let i = firstWhere(this.overlaps, (overlap) => overlap[1] > start);
          i < this.overlaps.length && this.overlaps[i][0] < end; ++i) {
          lane.overlapped += Math.min(end, this.overlaps[i][1]) - Math.max(start, this.overlaps[i][0]);
        }
      }
    }
  }

  get speech() { return this.lanes.reduce((sum, lane) => sum + lane.speech, 0); }
  get changes() {
    return this.turns.reduce((count, turn, i) => count + (i > 0 && this.turns[i - 1].lane !== turn.lane ? 1 : 0), 0);
  }
  get medianTurn() {
    const lengths = this.turns.map((turn) => turn.end - turn.start).sort((a, b) => a - b);
    const half = lengths.length >> 1;
    return lengths.length === 0 ? 0 : lengths.length % 2 ? lengths[half] : (lengths[half - 1] + lengths[half]) / 2;
  }

  // Lanes that talk at `time`.
  at(time) {
    return this.lanes.filter((lane) => {
      const next = lane.turns[firstWhere(lane.turns, (turn) => turn[1] > time)];
      return next !== undefined && next[0] <= time;
    });
  }

  laneNamed(name) { return this.lanes.find((lane) => rttmField(lane.name) === rttmField(name)); }

  remember() {
    this.history.push({ names: this.names.slice(), owner: this.owner.slice() });
    this.unsaved = true;
  }
  rename(id, name) {
    this.remember();
    this.names[id] = name;
    this.rebuild();
  }
  merge(from, into) {
    this.remember();
    this.owner = this.owner.map((owner) => (owner === from ? into : owner));
    this.rebuild();
  }
  undo() {
    const before = this.history.pop();
    if (!before) return false;
    Object.assign(this, before);
    this.unsaved = this.history.length > 0;
    this.rebuild();
    return true;
  }
}
