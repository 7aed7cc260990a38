// The transcript with its speakers, as `diarize assign` writes it.
const named = ({ speaker, text }) => (speaker === "" ? text : `${speaker}: ${text}`);
const oneLine = (text) => withoutArrows(text.replace(/[\n\r]/gu, " "));
const milli = (time) => Math.round(time * 1e3) / 1e3;
const runTimes = ({ start, end }, point) => timeLine(Math.round(start * 1e3), Math.round(end * 1e3), point);

// Scripts that put no space between sentences.
function isSpaceless(character) {
  const c = character === undefined ? 0 : character.codePointAt(0);
  const ranges = [[0x0e00, 0x0eff], [0x1000, 0x109f], [0x1780, 0x17ff], [0x3000, 0x30ff], [0x31f0, 0x31ff], [0x3400, 0x9fff],
    [0xf900, 0xfaff], [0xff00, 0xff9f], [0x20000, 0x3ffff]];
  return ranges.some(([first, last]) => c >= first && c <= last);
}

function transcriptText(transcript) {
  let text = "";
  let before = null;
  for (const run of transcript.runs()) {
    if (before !== null && before.speaker === run.speaker) {
      const last = Array.from(before.text).pop();
      text += (isSpaceless(last) && isSpaceless(Array.from(run.text)[0]) ? "" : " ") + run.text;
    } else {
      text += (before === null ? "" : "\n\n") + named(run);
    }
    before = run;
  }
  return text === "" ? "" : `${text}\n`;
}

function transcriptSrt(transcript) {
  return transcript.runs().map((run, i) => `${i > 0 ? "\n" : ""}${i + 1}\n${runTimes(run, ",")}\n${oneLine(named(run))}\n`).join("");
}

function transcriptVtt(transcript) {
  const escaped = (text) => text.replace(/[&<>]/gu, (c) => REFERENCES[c]);
  const voice = (speaker) => (speaker === "" ? "" : voiceTag(escaped(oneLine(speaker))));
  return "WEBVTT\n" + transcript.runs().map((run) =>
    `\n${runTimes(run, ".")}\n${voice(run.speaker)}${escaped(oneLine(run.text))}\n`).join("");
}

function transcriptJson(transcript) {
  const runs = transcript.runs();
  const speakers = [...new Set(runs.map((run) => run.speaker).filter((speaker) => speaker !== ""))].sort(compareText);
  const speaker = (one) => (one.speaker === "" ? null : one.speaker);
  const word = (one) => ({ word: one.text, start: milli(one.start), end: milli(one.end),
    score: one.probability === undefined ? undefined : Math.round(one.probability * 1e4) / 1e4, speaker: speaker(one) });
  return jsonText({
    language: transcript.language, speakers,
    segments: runs.map((run) => ({ start: milli(run.start), end: milli(run.end), speaker: speaker(run), text: run.text,
      words: run.words.length > 0 ? run.words.map(word) : undefined })),
  }, 2) + "\n";
}

const TRANSCRIPT_EXPORTS = [
  { key: "transcript-txt", name: "Text", extension: ".transcript.txt", about: "to read", write: transcriptText },
  { key: "transcript-srt", name: "SubRip", extension: ".transcript.srt", about: "subtitles", write: transcriptSrt },
  { key: "transcript-vtt", name: "WebVTT", extension: ".transcript.vtt", about: "subtitles on the web", write: transcriptVtt },
  { key: "transcript-json", name: "JSON", extension: ".transcript.json", about: "words with times", write: transcriptJson },
];

function download(conversation, transcript, { extension, write }) {
  const isTranscript = TRANSCRIPT_EXPORTS.some((one) => one.write === write);
  let text = "";
  try {
    text = write(isTranscript ? transcript : conversation);
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    announce(error.message);
    return;
  }
  const url = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  const stem = (conversation.data.uri || "recording").replace(/[\\/:*?"<>|\u0000-\u001f]/gu, "_");
  const link = element("a", { href: url, download: stem + extension });
  document.body.append(link);
  link.click();
  link.remove();
  // Some browsers read the blob only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60000);
  announce(`Saved ${stem}${extension}`);
}
