// The turns of now against a reference: the error rate and where the errors are, as the library's
// `diarization_error_rate` and `error_regions` without a collar; tests/report/ compares with `diarize score`.
const SHORTEST_SCORED = 1e-6;

// {mapping: of a speaker's id to the reference's name, total, missed, falseAlarm, confusion, regions}
function scored(conversation, reference) {
  const scorable = (turns) => turns.filter(({ start, end }) => end - start > SHORTEST_SCORED);
  const ours = scorable(conversation.state.turns);
  const theirs = scorable(reference.turns);
  const ids = conversation.lanes.slice().sort((a, b) => compareText(a.name, b.name)).map((lane) => lane.id);
  const mapped = mapSpeakers(ours, ids, theirs, reference.speakers.length);
  const score = { mapping: new Map(), total: 0, missed: 0, falseAlarm: 0, confusion: 0, regions: [] };
  for (const [id, index] of mapped) score.mapping.set(id, reference.speakers[index]);
  sweepBoth(ours, theirs, (start, end, open) => addStretch(score, mapped, start, end, open));
  return score;
}
const errorRate = ({ total, missed, falseAlarm, confusion }) => {
  const errors = missed + falseAlarm + confusion;
  return total > 0 ? errors / total : errors > 0 ? 1 : 0;
};

// Calls visit(start, end, [ours, theirs]) for each stretch; both are maps of a speaker to its number of open turns.
function sweepBoth(ours, theirs, visit) {
  const edges = [];
  [ours, theirs].forEach((turns, side) => {
    for (const { start, end, speaker } of turns) {
      edges.push({ time: start, side, change: 1, speaker }, { time: end, side, change: -1, speaker });
    }
  });
  edges.sort((a, b) => a.time - b.time);
  const open = [new Map(), new Map()];
  edges.forEach(({ time, side, change, speaker }, i) => {
    const count = (open[side].get(speaker) ?? 0) + change;
    if (count === 0) open[side].delete(speaker);
    else open[side].set(speaker, count);
    const next = edges[i + 1];
    if (next && next.time - time > SHORTEST_SCORED) visit(time, next.time, open);
  });
}

// With R reference turns and H of ours open, of which C are of mapped speakers: missed = max(0, R - H),
// false alarm = max(0, H - R), confusion = min(R, H) - C.
function addStretch(score, mapped, start, end, [ours, theirs]) {
  const sum = (counts) => [...counts.values()].reduce((all, count) => all + count, 0);
  const hypothesis = sum(ours);
  const reference = sum(theirs);
  let correct = 0;
  for (const [speaker, count] of ours) correct += Math.min(count, theirs.get(mapped.get(speaker)) ?? 0);
  const missed = Math.max(0, reference - hypothesis);
  const falseAlarm = Math.max(0, hypothesis - reference);
  const confusion = Math.min(reference, hypothesis) - correct;
  score.total += (end - start) * reference;
  score.missed += (end - start) * missed;
  score.falseAlarm += (end - start) * falseAlarm;
  score.confusion += (end - start) * confusion;
  if (missed + falseAlarm + confusion === 0) return;
  const last = score.regions[score.regions.length - 1];
  const same = last && last.end === start && last.missed === missed && last.falseAlarm === falseAlarm && last.confusion === confusion;
  if (same) last.end = end;
  else score.regions.push({ start, end, missed, falseAlarm, confusion });
}

// The one-to-one mapping of speakers that shares most time: of an id of ours to an index of the reference. The order of
// rows and columns is pyannote's, which decides among equal mappings.
function mapSpeakers(ours, ids, theirs, count) {
  const places = (names) => {
    const order = names.map((name, i) => [name, i]).sort(([a], [b]) => compareText(a, b));
    const place = [];
    order.forEach(([, i], k) => { place[i] = k; });
    return place;
  };
  const row = places(ids.map((_, i) => String(i)));
  const column = places(Array.from({ length: count }, (_, i) => letterName(i)));
  const rowOf = new Map(ids.map((id, i) => [id, row[i]]));
  const shared = ids.map(() => new Array(count).fill(0));
  const stretches = new Stretches(theirs);
  for (const turn of ours) {
    for (const other of stretches.within(turn.start, turn.end)) {
      const both = Math.min(turn.end, other.end) - Math.max(turn.start, other.start);
      if (both > SHORTEST_SCORED) shared[rowOf.get(turn.speaker)][column[other.speaker]] += both;
    }
  }
  const assigned = assignMaximum(shared, ids.length, count);
  const mapped = new Map();
  ids.forEach((id, i) => {
    const at = column.indexOf(assigned[row[i]]);
    if (at >= 0 && shared[row[i]][assigned[row[i]]] > 0) mapped.set(id, at);
  });
  return mapped;
}

// 0 -> "A", 26 -> "AA"
function letterName(index) {
  let name = "";
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  return name;
}

// Column of each row in the assignment with the largest sum, -1 for rows without one: Jonker and Volgenant's shortest
// paths in Crouse's variant, as src/core/assignment.cc.
function assignMaximum(values, rows, columns) {
  if (rows === 0 || columns === 0) return new Array(rows).fill(-1);
  if (rows > columns) {
    const turned = Array.from({ length: columns }, (_, j) => values.map((row) => row[j]));
    const rowOf = assignMaximum(turned, columns, rows);
    const result = new Array(rows).fill(-1);
    rowOf.forEach((row, column) => { if (row >= 0) result[row] = column; });
    return result;
  }
  const u = new Array(rows).fill(0);
  const v = new Array(columns).fill(0);
  const columnOf = new Array(rows).fill(-1);
  const rowOf = new Array(columns).fill(-1);
  for (let start = 0; start < rows; ++start) {
    const shortest = new Array(columns).fill(Infinity);
    const path = new Array(columns).fill(-1);
    const inRows = new Set();
    const inColumns = new Set();
    // Columns are scanned from the last, which decides among equal paths.
    const remaining = Array.from({ length: columns }, (_, j) => columns - j - 1);
    let least = 0;
    let row = start;
    let sink = -1;
    while (sink === -1) {
      let index = 0;
      let lowest = Infinity;
      inRows.add(row);
      remaining.forEach((j, k) => {
        const reached = least - values[row][j] - u[row] - v[j];
        if (reached < shortest[j]) {
          path[j] = row;
          shortest[j] = reached;
        }
        if (shortest[j] < lowest || (shortest[j] === lowest && rowOf[j] === -1)) {
          lowest = shortest[j];
          index = k;
        }
      });
      least = lowest;
      const j = remaining[index];
      if (rowOf[j] === -1) sink = j;
      else row = rowOf[j];
      inColumns.add(j);
      remaining[index] = remaining[remaining.length - 1];
      remaining.pop();
    }
    u[start] += least;
    for (const i of inRows) if (i !== start) u[i] += least - shortest[columnOf[i]];
    for (const j of inColumns) v[j] -= least - shortest[j];
    for (let j = sink, done = false; !done;) {
      const i = path[j];
      rowOf[j] = i;
      [columnOf[i], j] = [j, columnOf[i]];
      done = i === start;
    }
  }
  return columnOf;
}
