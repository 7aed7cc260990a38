// The conversation in every format that the command writes; what nobody corrected is what it writes, byte for byte
// (tests/report/ compares). Embeddings are left out: a voice is nothing to pass on by accident.

// Turns with the names of now, in the library's order. How sure the run was holds for turns that nobody corrected.
function turnsToWrite({ state }) {
  return state.turns.map(({ start, end, speaker, confidence }) => ({ start, end, name: state.names[speaker], confidence }));
}
const lasting = ({ start, end }) => (end > start ? end - start : 0);
const ticks = (time, perSecond) => Math.round(time * perSecond);

function toRttm(conversation) {
  const turns = turnsToWrite(conversation);
  requireDistinct(turns, oneField);
  const uri = oneField(conversation.data.uri);
  return turns.map((turn) => `SPEAKER ${uri} 1 ${fixed(turn.start, 3)} ${fixed(lasting(turn), 3)} <NA> <NA> `
    + `${oneField(turn.name)} <NA> <NA>\n`).join("");
}

function toCtm(conversation) {
  const turns = turnsToWrite(conversation);
  requireDistinct(turns, oneField);
  // Neither a comment nor a byte order mark.
  const uri = oneField(conversation.data.uri).replace(/^(;;|\uFEFF)/, "_");
  return turns.map((turn) => `${uri} 1 ${fixed(turn.start, 3)} ${fixed(lasting(turn), 3)} ${oneField(turn.name)}\n`).join("");
}

function toAudacity(conversation) {
  const turns = turnsToWrite(conversation);
  requireDistinct(turns, label);
  return turns.map(({ start, end, name }) => `${fixed(start, 6)}\t${fixed(end, 6)}\t${label(name)}\n`).join("");
}

// RFC 4180. Sheets compute a cell that begins like a formula; an apostrophe before it says that it is text.
function csvCell(name) {
  let text = printable(name);
  if (/^'*[=+\-@]/u.test(text)) text = `'${text}`;
  const plain = !/[,;"]/u.test(text) && !/^[ \t\r\n\v\f]|[ \t\r\n\v\f]$/u.test(text);
  return plain ? text : `"${text.replaceAll('"', '""')}"`;
}
function toCsv(conversation) {
  const uri = csvCell(conversation.data.uri);
  const turns = turnsToWrite(conversation);
  const confident = turns.some(({ confidence }) => confidence !== undefined);
  const last = ({ confidence }) => (confident ? `,${confidence === undefined ? "" : fixed(confidence, 3)}` : "");
  return `uri,start_s,end_s,speaker${confident ? ",confidence" : ""}\n` + turns
    .map((turn) => `${uri},${fixed(turn.start, 3)},${fixed(turn.end, 3)},${csvCell(turn.name)}${last(turn)}\n`).join("");
}

// Turns that last a millisecond.
function cues(conversation, asWritten) {
  const turns = turnsToWrite(conversation);
  requireDistinct(turns, asWritten);
  return turns.map(({ start, end, name }) => ({ start: ticks(start, 1000), end: ticks(end, 1000), name: asWritten(name) }))
    .filter(({ start, end }) => end > start);
}
function toSrt(conversation) {
  return cues(conversation, (name) => withoutArrows(label(name)))
    .map(({ start, end, name }, i) => `${i + 1}\n${timeLine(start, end, ",")}\n[${name}]\n\n`).join("");
}
function toVtt(conversation) {
  return "WEBVTT\n" + cues(conversation, label).map(({ start, end, name }) =>
    `\n${timeLine(start, end, ".")}\n${voiceTag(escapeMarkup(name))}${escapeMarkup(name)}</v>\n`).join("");
}

// A tier for each speaker, more where their turns overlap each other: each interval goes to the first that is free.
function tiersOf(conversation, perSecond) {
  const turns = turnsToWrite(conversation);
  requireDistinct(turns, label);
  const tiers = new Map();
  for (const turn of turns) {
    const speaker = label(turn.name);
    const own = tiers.get(speaker) ?? tiers.set(speaker, [{ speaker, intervals: [] }]).get(speaker);
    const interval = { start: ticks(turn.start, perSecond), end: ticks(turn.end, perSecond) };
    if (interval.end <= interval.start) continue;
    let free = own.find(({ intervals }) => intervals.length === 0 || intervals[intervals.length - 1].end <= interval.start);
    if (!free) own.push(free = { speaker, intervals: [] });
    free.intervals.push(interval);
  }
  return [...tiers.keys()].sort(compareText).flatMap((speaker) => tiers.get(speaker).map((tier, i) => ({ ...tier, number: i + 1 })));
}

function toTextGrid(conversation) {
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  const seconds = (time) => fixed(time / 1e6, 6);
  const tiers = tiersOf(conversation, 1e6);
  // Praat opens no grid without tiers or without length.
  if (tiers.length === 0) tiers.push({ speaker: "speech", intervals: [] });
  const last = conversation.state.turns.reduce((most, turn) => Math.max(most, turn.end), 0);
  const end = Math.max(ticks(Math.max(conversation.data.known_duration_s, last), 1e6), 1000);
  const item = ({ speaker, intervals }, i) => {
    const parts = [];
    let done = 0;
    // Silence is an interval without text.
    for (const interval of intervals) {
      parts.push([done, interval.start, ""], [interval.start, interval.end, speaker]);
      done = interval.end;
    }
    parts.push([done, end, ""]);
    const filled = parts.filter(([from, to]) => to > from);
    return `    item [${i + 1}]:\n        class = "IntervalTier" \n        name = ${quoted(speaker)} \n        xmin = 0 \n`
      + `        xmax = ${seconds(end)} \n        intervals: size = ${filled.length} \n`
      + filled.map(([from, to, text], k) => `        intervals [${k + 1}]:\n            xmin = ${seconds(from)} \n`
        + `            xmax = ${seconds(to)} \n            text = ${quoted(text)} \n`).join("");
  };
  return `File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0 \nxmax = ${seconds(end)} \ntiers? <exists> \n`
    + `size = ${tiers.length} \nitem []: \n${tiers.map(item).join("")}`;
}

function mediaDescriptor(input) {
  if (!input || input === "-") return "";
  const name = input.slice(input.lastIndexOf("/") + 1);
  const url = `./${encodeURIComponent(name).replaceAll("'", "%27")}`;
  const dot = name.lastIndexOf(".");
  const kinds = { ".wav": "audio/x-wav", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".m4v": "video/mp4", ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg", ".mov": "video/quicktime" };
  const kind = (dot > 0 && kinds[name.slice(dot).toLowerCase()]) || "unknown";
  return `        <MEDIA_DESCRIPTOR MEDIA_URL="${url}" MIME_TYPE="${kind}" RELATIVE_MEDIA_URL="${url}"/>\n`;
}

function toElan(conversation) {
  let slots = "";
  let tiers = "";
  let slot = 0;
  let annotation = 0;
  for (const { speaker, number, intervals } of tiersOf(conversation, 1000)) {
    const name = escapeMarkup(speaker);
    const id = number === 1 ? name : `${name} (${number})`;
    tiers += `    <TIER LINGUISTIC_TYPE_REF="speaker-turn" PARTICIPANT="${name}" TIER_ID="${id}">\n`;
    for (const { start, end } of intervals) {
      for (const time of [start, end]) slots += `        <TIME_SLOT TIME_SLOT_ID="ts${++slot}" TIME_VALUE="${time}"/>\n`;
      tiers += `        <ANNOTATION>\n            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a${++annotation}" `
        + `TIME_SLOT_REF1="ts${slot - 1}" TIME_SLOT_REF2="ts${slot}">\n                <ANNOTATION_VALUE>${name}`
        + "</ANNOTATION_VALUE>\n            </ALIGNABLE_ANNOTATION>\n        </ANNOTATION>\n";
    }
    tiers += "    </TIER>\n";
  }
  return '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT AUTHOR="diarize.cpp" DATE="1970-01-01T00:00:00Z" '
    + 'FORMAT="3.0" VERSION="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    + 'xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">\n'
    + '    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">\n'
    + `${mediaDescriptor(conversation.data.origin.input)}    </HEADER>\n    <TIME_ORDER>\n${slots}    </TIME_ORDER>\n${tiers}`
    + '    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="speaker-turn" TIME_ALIGNABLE="true"/>\n'
    + "</ANNOTATION_DOCUMENT>\n";
}

// docs/schema/diarization.schema.json. The exclusive turns are the run's: after a correction they would be wrong.
function toJson(conversation) {
  const { data, state, edited } = conversation;
  const turns = turnsToWrite(conversation);
  const totals = new Map();
  for (const turn of turns) {
    const total = totals.get(turn.name) ?? totals.set(turn.name, { speech: 0, count: 0 }).get(turn.name);
    total.speech += lasting(turn);
    ++total.count;
  }
  const segment = ({ start, end }) => ({ start_s: micro(start), end_s: micro(end) });
  const written = (turn) => ({ ...segment(turn), speaker: turn.name,
    ...(turn.confidence === undefined ? {} : { confidence: Math.round(turn.confidence * 1e3) / 1e3 }) });
  const last = turns.reduce((most, turn) => Math.max(most, turn.end), 0);
  const object = {
    schema_version: 1n, version: data.origin.version ?? data.version, input: data.origin.input, uri: data.uri,
    duration_s: micro(data.known_duration_s > 0 ? data.known_duration_s : last), ...data.origin.run,
    speech_s: micro(conversation.talking), overlap_s: micro(conversation.overlapping),
    speakers: [...totals.keys()].sort(compareText).map((speaker) =>
      ({ speaker, speech_s: micro(totals.get(speaker).speech), num_turns: BigInt(totals.get(speaker).count) })),
    turns: turns.map(written),
    exclusive_turns: edited && !onlyRenamed(conversation) ? undefined
      : data.exclusive_turns?.map(([start, end, speaker, confidence]) =>
        written({ start, end, name: state.names[speaker], confidence })),
    overlap: conversation.overlaps.map(segment),
  };
  const members = Object.entries(object).filter(([, value]) => value !== undefined).map(([key, value]) => {
    const laidOut = Array.isArray(value) && value.length > 0
      ? `[\n    ${value.map((one) => jsonText(one)).join(",\n    ")}\n  ]` : jsonText(value);
    return `\n  ${JSON.stringify(key)}: ${laidOut}`;
  });
  return `{${members.join(",")}\n}\n`;
}
const onlyRenamed = ({ states, state }) => state.turns.length === states[0].turns.length
  && state.turns.every((turn, i) => turn === states[0].turns[i]);

const TURN_EXPORTS = [
  { key: "rttm", name: "RTTM", extension: ".rttm", about: "scoring and other tools", write: toRttm },
  { key: "json", name: "JSON", extension: ".json", about: "programs; all that is known", write: toJson },
  { key: "csv", name: "CSV", extension: ".csv", about: "a spreadsheet", write: toCsv },
  { key: "srt", name: "SubRip", extension: ".srt", about: "subtitles with names", write: toSrt },
  { key: "vtt", name: "WebVTT", extension: ".vtt", about: "subtitles on the web", write: toVtt },
  { key: "textgrid", name: "TextGrid", extension: ".TextGrid", about: "Praat", write: toTextGrid },
  { key: "audacity", name: "Audacity", extension: ".audacity.txt", about: "a label track", write: toAudacity },
  { key: "eaf", name: "ELAN", extension: ".eaf", about: "a tier for each speaker", write: toElan },
  { key: "ctm", name: "CTM", extension: ".ctm", about: "a line for each turn", write: toCtm },
];
