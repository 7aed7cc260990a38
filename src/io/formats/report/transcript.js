// What was said, and whose words they are: the library's `assign_speakers` on the turns of now, so that words follow a correction and files equal those of `diarize assign`.
const SHORTEST_WORD = 0.02;
const SENTENCE_PAUSE = 1.5;
const MAX_SENTENCE_WORDS = 80;
const MAIN_SHARE = 0.7;
const MAX_STRAY_WORDS = 3;
const MAX_STRAY = 1.0;

class Transcript {
  constructor(data) {
    this.language = data.language;
    this.maxGap = data.max_gap_s;
    this.smooths = data.smooth;
    this.segments = data.segments.map(([start, end, text, words]) => {
      // Without word times the whole segment votes as one word.
      const whole = words.length === 0;
      const own = (whole ? [[start, end, text, 1]] : words).map(([from, to, word, space, probability]) =>
        ({ start: from, end: to, text: word, space: space === 1, probability, speaker: "" }));
      return { start, end, text, whole, words: own };
    });
    this.words = this.segments.flatMap((segment) => segment.words);
    this.words.forEach((word, index) => { word.index = index; });
    // Recognisers write words in order; where one did not, the search for the word of a time must not fail.
    this.inTime = this.words.slice().sort(inOrder);
    this.stretches = new Stretches(this.inTime);
  }

  // The word that is spoken at `time`: the last to have begun. Null between words.
  at(time) {
    const begun = firstWhere(this.inTime, (word) => word.start > time) - 1;
    for (let i = begun; i >= Math.max(0, begun - 3); --i) if (this.inTime[i].end > time) return this.inTime[i];
    return null;
  }

  // Gives every word its speaker's name; empty: nobody is near.
  assign(conversation) {
    const turns = votingTurns(conversation).map(({ start, end, speaker }) =>
      ({ start, end, name: conversation.names[speaker] }));
    const stretches = new Stretches(turns);
    let before = "";
    for (const word of this.words) {
      const missing = Math.max(0, SHORTEST_WORD - (word.end - word.start));
      const start = word.start - missing / 2;
      const end = word.end + missing / 2;
      word.speaker = mostActive(stretches, start, end, before) || nearest(stretches, start, end, this.maxGap);
      if (word.speaker !== "") before = word.speaker;
    }
    if (this.smooths) this.smooth();
  }

  smooth() {
    const { words } = this;
    let begin = 0;
    for (let i = 0; i < words.length; ++i) {
      const ends = i + 1 === words.length || endsSentence(words[i].text) || i + 1 - begin >= MAX_SENTENCE_WORDS
        || words[i + 1].start - words[i].end >= SENTENCE_PAUSE;
      if (!ends) continue;
      smoothSentence(words.slice(begin, i + 1));
      begin = i + 1;
    }
  }

  // One segment for each run of words by one speaker; an undivided segment keeps its own times and text.
  runs() {
    const runs = [];
    for (const { start, end, text, whole, words } of this.segments) {
      for (let i = 0; i < words.length;) {
        let beyond = i;
        while (beyond < words.length && words[beyond].speaker === words[i].speaker) ++beyond;
        const { speaker } = words[i];
        if (i === 0 && beyond === words.length) {
          runs.push({ start, end, text, speaker, words: whole ? [] : words });
        } else {
          const part = words.slice(i, beyond);
          runs.push({ start: part[0].start, end: part[part.length - 1].end, text: sentence(part), speaker, words: part });
        }
        i = beyond;
      }
    }
    return runs;
  }
}

// The words of some, with spaces where the recogniser had them.
function sentence(words) {
  return words.reduce((text, word) => text + (text !== "" && word.space ? " " : "") + word.text, "");
}

// The exclusive turns serve words best. Where corrections changed who talks, the turns of now take their place.
function votingTurns(conversation) {
  const { data, states, state } = conversation;
  if (!data.exclusive_turns) return state.turns;
  const { owner } = state;
  const exclusive = data.exclusive_turns.map(([start, end, speaker]) => ({ start, end, speaker: owner[speaker] }));
  if (!conversation.edited) return exclusive;
  const changed = changedStretches(states[0].turns.map((turn) => ({ ...turn, speaker: owner[turn.speaker] })), state.turns);
  if (changed.length === 0) return exclusive;
  const stretches = new Stretches(changed);
  const turns = [];
  for (const { start, end, speaker } of exclusive) {
    let from = start;
    for (const cut of stretches.within(start, end)) {
      if (cut.start > from) turns.push({ start: from, end: cut.start, speaker });
      from = cut.end;
    }
    if (from < end) turns.push({ start: from, end, speaker });
  }
  for (const turn of state.turns) {
    for (const cut of stretches.within(turn.start, turn.end)) {
      turns.push({ start: Math.max(turn.start, cut.start), end: Math.min(turn.end, cut.end), speaker: turn.speaker });
    }
  }
  return turns.sort(inOrder);
}

// Where a speaker talks in one set of turns and not in the other; sorted and disjoint.
function changedStretches(before, after) {
  const edges = [];
  [before, after].forEach((turns, side) => {
    for (const { start, end, speaker } of turns) {
      edges.push({ time: start, side, change: 1, speaker }, { time: end, side, change: -1, speaker });
    }
  });
  edges.sort((a, b) => a.time - b.time || b.change - a.change);
  const open = new Map();
  const changed = [];
  for (const { time, side, change, speaker } of edges) {
    const now = open.get(speaker) ?? open.set(speaker, { counts: [0, 0], since: null }).get(speaker);
    now.counts[side] += change;
    const differs = (now.counts[0] > 0) !== (now.counts[1] > 0);
    if (differs && now.since === null) now.since = time;
    if (differs || now.since === null) continue;
    if (time > now.since) changed.push({ start: now.since, end: time });
    now.since = null;
  }
  return joined(changed.sort(inOrder));
}

// Who talks most in [start, end); a tie goes to `before`, else to the earlier turn. Empty: nobody.
function mostActive(stretches, start, end, before) {
  const seconds = new Map();
  let best = "";
  for (const turn of stretches.within(start, end)) {
    const overlap = Math.min(end, turn.end) - Math.max(start, turn.start);
    if (overlap <= 0) continue;
    const total = (seconds.get(turn.name) ?? 0) + overlap;
    seconds.set(turn.name, total);
    if (best === "" || total > seconds.get(best) || (total === seconds.get(best) && turn.name === before)) best = turn.name;
  }
  return best;
}

function nearest(stretches, start, end, maxGap) {
  let best = null;
  let gap = maxGap;
  const turns = stretches.segments;
  for (let i = stretches.reaching(start - maxGap - SHORTEST_WORD); i < turns.length && turns[i].start <= end + maxGap; ++i) {
    const away = Math.max(0, turns[i].start - end, start - turns[i].end);
    if (away < gap || (best === null && away <= maxGap)) {
      best = turns[i];
      gap = away;
    }
  }
  return best === null ? "" : best.name;
}

// Latin, CJK, Arabic, Urdu, Devanagari, Armenian, Ethiopic; closing quotes and brackets may follow.
const STOP = /[.!?\u2026\u3002\uFF01\uFF1F\uFF0E\u061F\u06D4\u0964\u0589\u1362]["')\]\u201D\u2019\u00BB\u300D\u300F\uFF09]*$/u;
const endsSentence = (text) => STOP.test(text);

// Short strays of one sentence follow its main speaker, if it has one.
function smoothSentence(words) {
  const lasts = (word) => Math.max(word.end - word.start, SHORTEST_WORD);
  const seconds = new Map();
  let total = 0;
  for (const word of words) {
    seconds.set(word.speaker, (seconds.get(word.speaker) ?? 0) + lasts(word));
    total += lasts(word);
  }
  const names = [...seconds.keys()].sort(compareText);
  const main = names.reduce((most, name) => (seconds.get(name) > seconds.get(most) ? name : most));
  if (main === "" || seconds.get(main) < MAIN_SHARE * total) return;
  for (let i = 0; i < words.length;) {
    let beyond = i;
    let run = 0;
    while (beyond < words.length && words[beyond].speaker === words[i].speaker) run += lasts(words[beyond++]);
    const stray = words[i].speaker !== main && beyond - i <= MAX_STRAY_WORDS && run <= MAX_STRAY;
    for (; i < beyond; ++i) if (stray) words[i].speaker = main;
  }
}
