// Joins the parts: one conversation, one player, the views of both, and what changes them.
const dataText = $("data").textContent;
const data = JSON.parse(dataText);
const conversation = new Conversation(data);
const editor = new Editor(conversation);
const autosave = new Autosave(conversation, dataText);
const restored = autosave.restore();
const player = new Player(data.audio, conversation.duration);
const transcript = data.transcript ? new Transcript(data.transcript) : null;
const sound = data.audio.levels
  ? { step: data.audio.level_step_s, levels: Uint8Array.from(atob(data.audio.levels), (c) => c.charCodeAt(0)) } : null;

// The reference as stretches of each of its speakers, and its turns for the score.
function readReference({ speakers, turns }) {
  const all = turns.map(([start, end, speaker]) => ({ start, end, speaker }));
  const stretches = new Map(speakers.map((name, id) => [name, new Stretches(all.filter((turn) => turn.speaker === id))]));
  return { speakers, turns: all, stretches };
}
const reference = data.reference ? readReference(data.reference) : null;

const darkSystem = matchMedia("(prefers-color-scheme: dark)");
let chosenTheme = null;
function applyTheme() {
  document.documentElement.dataset.theme = chosenTheme ?? (darkSystem.matches ? "dark" : "light");
  readTheme();
}
applyTheme();

const selection = new Selection(conversation);
const speakers = new Speakers(conversation, editor, { changed, playOnly, showTurns });
const timeline = new Timeline(conversation, player, sound, selection, (id) => speakers.openPanel(id));
const turnList = new TurnList(conversation, player, transcript, selection, { select, play: playFrom });
const search = new Search(turnList, player);
const corrections = new Corrections(conversation, editor, selection, player, { changed, play: playFrom });
new Pointer(timeline, { select: selectInTimeline,
  move: (turn, edge, time) => corrections.finish(editor.move(turn, edge, time)),
  add: (from, to, lane) => corrections.addBetween(from, to, lane.id) });

function toggleTheme() {
  chosenTheme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  applyTheme();
  timeline.refresh();
}
darkSystem.addEventListener("change", () => {
  applyTheme();
  timeline.refresh();
});

function fillSummary() {
  const { lanes, turns, talking, overlapping, duration } = conversation;
  $("subtitle").textContent = [clock(duration, 0), counted(lanes.length, "speaker"), counted(turns.length, "turn")].join(" · ");
  const figures = [["Somebody speaks", percent(talking, duration)], ["Silence", percent(duration - talking, duration)],
    ["Overlap", percent(overlapping, duration)], ["Median turn", length(conversation.medianTurn)],
    ["Longest turn", length(Math.max(0, ...lanes.map((lane) => lane.longest)))],
    ["Changes of speaker", `${(conversation.changes / (duration / 60)).toFixed(1)} / min`]];
  $("figures").replaceChildren(...figures.map(([name, value]) =>
    element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: value }))));
}

// What was corrected, where it is kept, and the ways back and on.
function fillHistory() {
  const { position, states } = conversation;
  $("undo").disabled = position === 0;
  $("redo").disabled = position === states.length - 1;
  $("undo").title = position > 0 ? `Undo: ${states[position].what} (Ctrl+Z)` : "Nothing to undo";
  $("redo").title = position < states.length - 1 ? `Redo: ${states[position + 1].what} (Ctrl+Shift+Z)` : "Nothing to redo";
  $("kept").hidden = position === 0;
  $("kept-text").textContent = counted(position, "correction")
    + (autosave.works ? ", kept in this browser" : ", not kept by this browser: export before you close the page");
}

function fillScore() {
  $("score").hidden = reference === null;
  if (!reference) return;
  timeline.score = { ...scored(conversation, reference), reference };
  const { score } = timeline;
  const part = (seconds) => `${((100 * seconds) / (score.total || 1)).toFixed(1)} %`;
  $("score-text").textContent = `DER ${(100 * errorRate(score)).toFixed(1)} %: missed ${part(score.missed)}, `
    + `false alarm ${part(score.falseAlarm)}, confusion ${part(score.confusion)}`;
  $("next-error").disabled = score.regions.length === 0;
}

function refresh() {
  if (speakers.only !== null && !conversation.laneOfId.has(speakers.only)) setOnly(null);
  if (speakers.only !== null) player.only = new Stretches(joined(conversation.laneOfId.get(speakers.only).turns));
  fillSummary();
  fillHistory();
  fillScore();
  speakers.refresh();
  corrections.refresh();
  turnList.refresh();
  timeline.refresh();
  search.refresh(false);
  showTime(true);
}

// After a correction: {message, turn}.
function changed(result) {
  if (!result) return;
  if (result.turn !== undefined) selection.id = result.turn;
  autosave.save();
  refresh();
  turnList.refreshSelection(true);
  announce(result.message);
}

function goTo(position, message) {
  if (!conversation.goTo(position)) return;
  autosave.save();
  refresh();
  announce(message);
}
const undo = () => goTo(conversation.position - 1, "Undone");
const redo = () => goTo(conversation.position + 1, "Redone");

function select(turn) {
  selection.set(turn);
  corrections.refresh();
  timeline.schedule();
}
function selectInTimeline(turn) {
  select(turn);
  turnList.refreshSelection(true);
}

let stopAt = null;  // where playing one turn ends
async function playFrom(start, end = null) {
  player.seek(start);
  await player.play();
  stopAt = end;
}

function setOnly(id) {
  speakers.only = id;
  const lane = id === null ? null : conversation.laneOfId.get(id);
  player.only = lane && new Stretches(joined(lane.turns));
  $("only").hidden = lane === null;
  $("only-text").textContent = lane ? `Only ${lane.name}` : "";
}
function playOnly(id) {
  if (!player.canPlay) {
    announce("This page has no sound.");
    return;
  }
  setOnly(speakers.only === id ? null : id);
  speakers.refresh();
  if (speakers.only === null) return;
  const lane = conversation.laneOfId.get(id);
  const next = lane.turns[lane.stretches.reaching(player.time)] ?? lane.turns[0];
  if (next.start > player.time || next.end <= player.time) player.seek(next.start);
  player.play();
}
function showTurns(id) {
  turnList.show(String(id));
  search.refresh(false);
  $("turns").focus();
  $("turns").scrollIntoView({ block: "center" });
}

let speakingNow = null;
function showTime(force = false) {
  const time = player.time;
  $("now").textContent = clock(time);
  const surface = $("surface");
  surface.setAttribute("aria-valuenow", time.toFixed(1));
  const talking = conversation.at(time);
  const names = talking.map((lane) => lane.name).join(" and ") || "nobody speaks";
  surface.setAttribute("aria-valuetext", `${spoken(time)}, ${names}`);
  if (force || names !== speakingNow) {
    speakingNow = names;
    $("speaking").replaceChildren(...talking.map((lane) => element("span", { "--colour": lane.colour },
      element("span", { className: `dot lines-${lane.lines}` }), lane.name)));
  }
  turnList.mark(time, player.playing);
  timeline.schedule();
}

function showState() {
  const { playing } = player;
  $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  $("play-shape").setAttribute("d", playing ? "M7 5.5h3.5v13H7zM13.5 5.5H17v13h-3.5z" : "M8 5.5v13l11-6.5z");
  document.body.classList.toggle("playing", playing);
  if (!playing) {
    stopAt = null;
    showTime();
    return;
  }
  timeline.follow = true;
  const step = () => {
    if (!player.playing) return;
    player.skip();
    if (stopAt !== null && player.time >= stopAt) player.toggle();
    showTime();
    if (timeline.follow) timeline.reveal(player.time);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

player.addEventListener("state", showState);
player.addEventListener("seek", () => {
  stopAt = null;
  showTime();
  timeline.reveal(player.time);
});
