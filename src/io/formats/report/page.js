// Joins the parts: one conversation, one player, the views of both, and the keyboard.
const data = JSON.parse($("data").textContent);
const conversation = new Conversation(data);
const player = new Player(data.audio, conversation.duration);
const sound = data.audio.levels
  ? { step: data.audio.level_step_s, levels: Uint8Array.from(atob(data.audio.levels), (c) => c.charCodeAt(0)) } : null;

const darkSystem = matchMedia("(prefers-color-scheme: dark)");
let chosenTheme = null;
function applyTheme() {
  document.documentElement.dataset.theme = chosenTheme ?? (darkSystem.matches ? "dark" : "light");
  readTheme();
}
applyTheme();

const timeline = new Timeline(conversation, player, sound);
const speakers = new Speakers(conversation, changed);
const turnList = new TurnList(conversation, player);

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
    ["Overlap", percent(overlapping, talking)], ["Median turn", length(conversation.medianTurn)],
    ["Longest turn", length(Math.max(0, ...lanes.map((lane) => lane.longest)))],
    ["Changes of speaker", `${(conversation.changes / (duration / 60)).toFixed(1)} / min`]];
  $("figures").replaceChildren(...figures.map(([name, value]) =>
    element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: value }))));
  $("undo").hidden = conversation.history.length === 0;
}

function refresh() {
  fillSummary();
  speakers.refresh();
  turnList.refresh();
  timeline.refresh();
  showTime(true);
}

function changed(message) {
  refresh();
  announce(message);
}

function undo() {
  if (conversation.undo()) changed("Undone");
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
      element("span", { className: "dot" }), lane.name)));
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
    showTime();
    return;
  }
  timeline.follow = true;
  const step = () => {
    if (!player.playing) return;
    showTime();
    if (timeline.follow) timeline.reveal(player.time);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

player.addEventListener("state", showState);
player.addEventListener("seek", () => {
  showTime();
  timeline.reveal(player.time);
});

function stepTurn(direction) {
  const starts = conversation.turns.map((turn) => turn.start);
  const time = player.time;
  const next = firstWhere(starts, (start) => start > time + 0.01);
  // Going back soon after a start means the turn before it.
  const index = direction > 0 ? next : firstWhere(starts, (start) => start >= time - 0.5) - 1;
  if (index >= 0 && index < starts.length) player.seek(starts[index]);
}

function setSpeed(step) {
  const select = $("speed");
  select.selectedIndex = clamp(select.selectedIndex + step, 0, select.options.length - 1);
  player.rate = Number(select.value);
}

const seekBy = (seconds) => player.seek(player.time + seconds);
const singleKeys = {
  " ": () => player.toggle(), "+": () => timeline.zoomStep(0.5), "=": () => timeline.zoomStep(0.5),
  "-": () => timeline.zoomStep(2), 0: () => timeline.fit(), "<": () => setSpeed(-1), ">": () => setSpeed(1),
  n: () => stepTurn(1), p: () => stepTurn(-1), u: undo, t: toggleTheme, "?": () => $("help").showModal(),
};
const arrows = { ArrowLeft: (shift) => seekBy(shift ? -0.5 : -5), ArrowRight: (shift) => seekBy(shift ? 0.5 : 5) };
// Up, down, Home and End scroll the page unless the timeline has the focus.
const sliderKeys = {
  ArrowUp: () => stepTurn(-1), ArrowDown: () => stepTurn(1), Home: () => player.seek(0), End: () => player.seek(conversation.duration),
};

function onKey(event) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (target.matches("input, select, textarea")) return;
  if (key === " " && target.matches("button") && !target.closest("#turns")) return;
  const single = $("single-keys").checked || key === " " ? singleKeys[key.toLowerCase()] : undefined;
  const action = (target === $("surface") ? sliderKeys[key] : undefined) ?? arrows[key] ?? single;
  if (!action) return;
  event.preventDefault();
  action(event.shiftKey);
}
document.addEventListener("keydown", onKey);
// A focused row would be clicked when the space bar comes up again.
document.addEventListener("keyup", (event) => {
  if (event.key === " " && event.target.closest?.("#turns")) event.preventDefault();
});

$("play").addEventListener("click", () => player.toggle());
$("speed").addEventListener("change", () => setSpeed(0));
$("zoom-in").addEventListener("click", () => timeline.zoomStep(0.5));
$("zoom-out").addEventListener("click", () => timeline.zoomStep(2));
$("zoom-fit").addEventListener("click", () => timeline.fit());
$("undo").addEventListener("click", undo);
$("theme").addEventListener("click", toggleTheme);
$("help-open").addEventListener("click", () => $("help").showModal());
for (const button of document.querySelectorAll("[data-export]")) {
  button.addEventListener("click", () => download(conversation, button.dataset.export));
}
// Corrections live in the page only.
addEventListener("beforeunload", (event) => { if (conversation.unsaved) event.preventDefault(); });

$("length").textContent = ` / ${clock(conversation.duration, 0)}`;
$("surface").setAttribute("aria-valuemax", conversation.duration.toFixed(1));
$("origin").textContent = [`Made by diarize ${data.version}`, data.model && `model ${data.model}`,
  "everything on this page stays on your computer"].filter(Boolean).join(" · ");
if (!player.canPlay) {
  $("play").hidden = true;
  $("speed").parentElement.hidden = true;
  document.querySelector(".player").classList.add("silent");
}
refresh();
// The sound can wait until the page is drawn.
setTimeout(() => player.load(), 200);
document.documentElement.dataset.ready = "yes";
