// The conversation: the turns and names of now, and what follows from them. edits.js makes the next state.

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

const inOrder = (a, b) => a.start - b.start || a.end - b.end;

// Sorted segments in, their union out: overlapping and touching ones become one.
function joined(segments) {
  const union = [];
  for (const { start, end } of segments) {
    const last = union[union.length - 1];
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else union.push({ start, end });
  }
  return union;
}

// Sorted segments that may overlap, with the latest end so far: `reaching` then finds those near a time quickly.
class Stretches {
  constructor(segments) {
    this.segments = segments;
    this.reach = new Float64Array(segments.length);
    let latest = -Infinity;
    segments.forEach((segment, i) => { this.reach[i] = latest = Math.max(latest, segment.end); });
  }
  // No segment before this index ends after `time`.
  reaching(time) { return firstWhere(this.reach, (end) => end > time); }
  // Those that share time with [start, end).
  within(start, end) {
    const found = [];
    for (let i = this.reaching(start); i < this.segments.length && this.segments[i].start < end; ++i) {
      if (this.segments[i].end > start) found.push(this.segments[i]);
    }
    return found;
  }
}

// Where at least `least` speakers talk; two turns of one speaker are one voice. As the library's
// `segments_with_speakers`.
function segmentsWithSpeakers(turns, least) {
  const edges = [];
  for (const { start, end, speaker } of turns) {
    if (end > start) edges.push({ time: start, change: 1, speaker }, { time: end, change: -1, speaker });
  }
  edges.sort((a, b) => a.time - b.time || b.change - a.change);
  const open = new Map();
  const found = [];
  let active = 0;
  let start = 0;
  for (const { time, change, speaker } of edges) {
    const before = active >= least;
    const now = (open.get(speaker) ?? 0) + change;
    open.set(speaker, now);
    if (change > 0 && now === 1) ++active;
    if (change < 0 && now === 0) --active;
    const after = active >= least;
    if (!before && after) start = time;
    if (before && !after && time > start) found.push({ start, end: time });
  }
  return found;
}

// Below this confidence a turn is rather not its speaker's. Turns that somebody corrected or confirmed have none.
const UNSURE = 0.5;
const isUnsure = ({ confidence }) => confidence !== undefined && confidence < UNSURE;

const totalOf = (segments) => segments.reduce((sum, { start, end }) => sum + (end - start), 0);

class Conversation {
  // A state is {names, owner, turns}: the name of each speaker; after merges, whose turns each one's became;
  // [{id, start, end, speaker, confidence (undefined: unknown)}], sorted. States and turns never change, so history is a
  // list of them.
  constructor(data) {
    this.data = data;
    this.duration = Math.max(data.duration_s, 0.001);
    this.states = [{ what: "", names: data.speakers.slice(), owner: data.speakers.map((_, id) => id),
      turns: data.turns.map(([start, end, speaker, confidence], id) => ({ id, start, end, speaker, confidence })) }];
    this.position = 0;
    this.nextId = data.turns.length;
    this.rebuild();
  }

  get state() { return this.states[this.position]; }
  get names() { return this.state.names; }
  get edited() { return this.position > 0; }

  // lanes: [{id, name, colour, lines, turns, stretches, sure, unsure, speech, overlapped, longest}], those who talk;
  // turns: all that have a length; unsure: those of them to look at first.
  rebuild() {
    const { names, turns } = this.state;
    this.turns = turns.filter(({ start, end }) => end > start);
    this.unsure = this.turns.filter(isUnsure);
    const own = names.map(() => []);
    for (const turn of this.turns) own[turn.speaker].push(turn);
    this.overlaps = segmentsWithSpeakers(turns, 2);
    this.overlapping = totalOf(this.overlaps);
    this.talking = totalOf(segmentsWithSpeakers(turns, 1));
    this.stretches = new Stretches(this.turns);
    const overlap = new Stretches(this.overlaps);
    const shared = (turn) => overlap.within(turn.start, turn.end)
      .reduce((sum, { start, end }) => sum + Math.min(end, turn.end) - Math.max(start, turn.start), 0);
    this.lanes = own.map((mine, id) => ({
      id, name: names[id], colour: `var(--s${id % 8})`, lines: Math.floor(id / 8) % 4, turns: mine,
      stretches: new Stretches(mine), sure: new Stretches(mine.filter((turn) => !isUnsure(turn))),
      unsure: new Stretches(mine.filter(isUnsure)), speech: totalOf(mine),
      longest: mine.reduce((most, { start, end }) => Math.max(most, end - start), 0),
      overlapped: mine.reduce((sum, turn) => sum + shared(turn), 0),
    })).filter((lane) => lane.turns.length > 0);
    this.laneOfId = new Map(this.lanes.map((lane) => [lane.id, lane]));
    this.turnOfId = new Map(this.turns.map((turn) => [turn.id, turn]));
  }

  laneOf(turn) { return this.laneOfId.get(turn.speaker); }
  laneNamed(name) { return this.lanes.find((lane) => oneField(lane.name.trim()) === oneField(name.trim())); }

  get speech() { return this.lanes.reduce((sum, lane) => sum + lane.speech, 0); }
  get changes() {
    return this.turns.reduce((count, turn, i) => count + (i > 0 && this.turns[i - 1].speaker !== turn.speaker ? 1 : 0), 0);
  }
  get medianTurn() {
    const lengths = this.turns.map((turn) => turn.end - turn.start).sort((a, b) => a - b);
    const half = lengths.length >> 1;
    return lengths.length === 0 ? 0 : lengths.length % 2 ? lengths[half] : (lengths[half - 1] + lengths[half]) / 2;
  }

  // Turns and lanes that talk at `time`.
  turnsAt(time) { return this.stretches.within(time, time + 1e-9).filter((turn) => turn.start <= time); }
  at(time) {
    const ids = new Set(this.turnsAt(time).map((turn) => turn.speaker));
    return this.lanes.filter((lane) => ids.has(lane.id));
  }

  // Makes `change` ({names, owner, turns}, what is missing stays) the state of now; what was undone is gone.
  commit(what, change) {
    const next = { ...this.state, ...change, what };
    next.turns = next.turns.slice().sort(inOrder);
    this.states.length = this.position + 1;
    this.states.push(next);
    ++this.position;
    this.rebuild();
  }

  // Undo, redo and the way back to the original are places in one history. False: there is no such place.
  goTo(position) {
    if (position < 0 || position >= this.states.length || position === this.position) return false;
    this.position = position;
    this.rebuild();
    return true;
  }
}
