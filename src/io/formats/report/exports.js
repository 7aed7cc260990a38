// The corrected conversation as files that other programs read.

// RTTM separates its fields by white space and has no quotes.
const rttmField = (text) => text.trim().replace(/\s+/gu, "_") || "unknown";
const micro = (time) => Math.round(time * 1e6) / 1e6;

function toRttm(conversation) {
  const uri = rttmField(conversation.data.uri);
  return conversation.turns.map(({ start, end, lane }) =>
    `SPEAKER ${uri} 1 ${start.toFixed(3)} ${(end - start).toFixed(3)} <NA> <NA> ${rttmField(lane.name)} <NA> <NA>\n`).join("");
}

// The members of docs/schema/diarization.schema.json that turns alone can give.
function toJson(conversation) {
  const { version, uri } = conversation.data;
  const segment = ([start, end]) => ({ start_s: micro(start), end_s: micro(end) });
  return JSON.stringify({
    schema_version: 1, version, uri, duration_s: micro(conversation.duration),
    speech_s: micro(conversation.talking), overlap_s: micro(conversation.overlapping),
    speakers: conversation.lanes.map((lane) => ({ speaker: lane.name, speech_s: micro(lane.speech), num_turns: lane.turns.length })),
    turns: conversation.turns.map(({ start, end, lane }) => ({ ...segment([start, end]), speaker: lane.name })),
    overlap: conversation.overlaps.map(segment),
  }, null, 1) + "\n";
}

function toSrt(conversation) {
  const stamp = (time) => {
    const ms = Math.round(time * 1000);
    const two = (value) => String(Math.floor(value)).padStart(2, "0");
    return `${two(ms / 3600000)}:${two((ms / 60000) % 60)}:${two((ms / 1000) % 60)},${String(ms % 1000).padStart(3, "0")}`;
  };
  return conversation.turns.map(({ start, end, lane }, index) =>
    `${index + 1}\n${stamp(start)} --> ${stamp(end)}\n[${lane.name.replace(/\s+/gu, " ")}]\n\n`).join("");
}

const exporters = { rttm: [toRttm, "text/plain"], json: [toJson, "application/json"], srt: [toSrt, "application/x-subrip"] };

function download(conversation, format) {
  const [write, type] = exporters[format];
  const url = URL.createObjectURL(new Blob([write(conversation)], { type }));
  const stem = (conversation.data.uri || "recording").replace(/[\\/:*?"<>|\u0000-\u001f]/gu, "_");
  const link = element("a", { href: url, download: `${stem}.${format}` });
  document.body.append(link);
  link.click();
  link.remove();
  // Some browsers read the blob only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60000);
  conversation.unsaved = false;
  announce(`Saved ${stem}.${format}`);
}
