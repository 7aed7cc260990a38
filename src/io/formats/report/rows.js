// Turns and words in, the rows of the list out: [{key, start, end, turn, lane, words}], in time. A turn has the words that
// its speaker says in it; words of nobody make rows without a turn, from which one can be added.
const LONGEST_LOOSE_ROW = 10;

function makeRows(conversation, transcript) {
  const rows = conversation.turns.map((turn) =>
    ({ key: `t${turn.id}`, start: turn.start, end: turn.end, turn, lane: conversation.laneOf(turn), words: [] }));
  if (!transcript) return rows;
  const rowOf = new Map(rows.map((row) => [row.turn, row]));
  const laneOf = new Map(conversation.lanes.map((lane) => [lane.name, lane]));
  const loose = [];
  for (const word of transcript.words) {
    const lane = laneOf.get(word.speaker);
    if (lane) {
      rowOf.get(turnOfWord(lane.stretches, word)).words.push(word);
      continue;
    }
    const last = loose[loose.length - 1];
    const near = last && last.words[last.words.length - 1].index === word.index - 1 && word.end - last.start < LONGEST_LOOSE_ROW;
    if (near) {
      last.words.push(word);
      last.end = Math.max(last.end, word.end);
    } else {
      loose.push({ key: `w${word.index}`, start: word.start, end: word.end, turn: null, lane: null, words: [word] });
    }
  }
  return loose.length === 0 ? rows : [...rows, ...loose].sort(inOrder);
}

// The turn of a speaker that holds most of a word, else the nearest one.
function turnOfWord(stretches, word) {
  let best = null;
  let most = -Infinity;
  const { segments } = stretches;
  const first = Math.max(0, stretches.reaching(word.start) - 1);
  for (let i = first; i < segments.length; ++i) {
    // Below 0: the distance.
    const shared = Math.min(word.end, segments[i].end) - Math.max(word.start, segments[i].start);
    if (shared > most) {
      most = shared;
      best = segments[i];
    }
    if (segments[i].start > word.end) break;
  }
  return best;
}

// What is searched in a row, folded, and where each word begins in it.
function searchable(row) {
  if (row.folded === undefined) {
    row.folded = "";
    row.offsets = row.words.map((word) => {
      if (row.folded !== "" && word.space) row.folded += " ";
      const at = row.folded.length;
      row.folded += folded(word.text);
      return at;
    });
  }
  return row.folded;
}

// Every place of `query`: [{row (index), words (a set of word indices)}]; a speaker's name counts as the whole row.
function findInRows(rows, query) {
  const wanted = folded(query.trim());
  const hits = [];
  if (wanted === "") return hits;
  rows.forEach((row, index) => {
    const text = searchable(row);
    const before = hits.length;
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      const words = row.words.filter((word, i) =>
        row.offsets[i] < at + wanted.length && row.offsets[i] + folded(word.text).length > at);
      hits.push({ row: index, words: new Set(words.map((word) => word.index)) });
    }
    if (hits.length === before && row.lane && folded(row.lane.name).includes(wanted)) hits.push({ row: index, words: new Set() });
  });
  return hits;
}
