// Keys and buttons, and the first drawing of the page.
function stepTurn(direction) {
  const starts = conversation.turns.map((turn) => turn.start);
  const time = player.time;
  const next = firstWhere(starts, (start) => start > time + 0.01);
  // Going back soon after a start means the turn before it.
  const index = direction > 0 ? next : firstWhere(starts, (start) => start >= time - 0.5) - 1;
  if (index < 0 || index >= starts.length) return;
  player.seek(starts[index]);
  selectInTimeline(conversation.turns[index]);
}

function nextError() {
  if (!reference) return;
  const { regions } = timeline.score;
  const next = regions.find((region) => region.start > player.time + 0.01) ?? regions[0];
  if (next) player.seek(next.start);
}

// The next turn to look at, or the one before; round to the other end.
function stepUnsure(direction) {
  const { unsure } = conversation;
  if (unsure.length === 0) {
    announce("No turn is uncertain.");
    return;
  }
  const selected = unsure.indexOf(selection.turn);
  const beyond = firstWhere(unsure, (turn) => turn.start > player.time + 0.01);
  const before = firstWhere(unsure, (turn) => turn.start >= player.time - 0.01) - 1;
  const next = selected >= 0 ? selected + direction : direction > 0 ? beyond : before;
  const turn = unsure[(next + unsure.length) % unsure.length];
  player.seek(turn.start);
  selectInTimeline(turn);
}

function setSpeed(step) {
  const select = $("speed");
  select.selectedIndex = clamp(select.selectedIndex + step, 0, select.options.length - 1);
  player.rate = Number(select.value);
}

function onlySelected() {
  const turn = corrections.turnToEdit();
  if (turn) playOnly(turn.speaker);
}

function escape() {
  if (speakers.only !== null) playOnly(speakers.only);
  else selectInTimeline(null);
}

const seekBy = (seconds) => player.seek(player.time + seconds);
const singleKeys = {
  " ": () => player.toggle(), "+": () => timeline.zoomStep(0.5), "=": () => timeline.zoomStep(0.5),
  "-": () => timeline.zoomStep(2), 0: () => timeline.fit(), "<": () => setSpeed(-1), ">": () => setSpeed(1),
  n: () => stepTurn(1), p: () => stepTurn(-1), u: undo, t: toggleTheme, "?": () => $("help").showModal(),
  s: () => corrections.split(), a: () => corrections.add(), "[": () => corrections.move("start"), "]": () => corrections.move("end"),
  o: onlySelected, e: nextError, q: (shift) => stepUnsure(shift ? -1 : 1), c: () => corrections.confirm(), "/": () => $("search").focus(),
  ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [String(i + 1), () => corrections.assignToLane(i)])),
};
const plainKeys = { ArrowLeft: (shift) => seekBy(shift ? -0.5 : -5), ArrowRight: (shift) => seekBy(shift ? 0.5 : 5),
  Delete: () => corrections.remove(), Backspace: () => corrections.remove(), Escape: escape };
// Up, down, Home and End scroll the page unless the timeline has the focus.
const sliderKeys = {
  ArrowUp: () => stepTurn(-1), ArrowDown: () => stepTurn(1), Home: () => player.seek(0), End: () => player.seek(conversation.duration),
};

function onKey(event) {
  const { target, key } = event;
  if (document.querySelector("dialog[open]")) return;
  // A field has an undo of its own.
  const inField = target.matches("input:not([type=checkbox]), textarea");
  if ((event.ctrlKey || event.metaKey) && !event.altKey) {
    const letter = key.toLowerCase();
    if (inField || (letter !== "z" && letter !== "y")) return;
    event.preventDefault();
    (letter === "y" || event.shiftKey ? redo : undo)();
    return;
  }
  if (event.altKey || inField || target.matches("select")) return;
  if (key === " " && target.matches("button")) return;
  const single = $("single-keys").checked || key === " " ? singleKeys[key.toLowerCase()] : undefined;
  const action = (target === $("surface") ? sliderKeys[key] : undefined) ?? plainKeys[key] ?? single;
  if (!action) return;
  event.preventDefault();
  action(event.shiftKey);
}
document.addEventListener("keydown", onKey);

function addExports() {
  const button = (format) => {
    const made = element("button", { type: "button" }, element("b", { textContent: format.name }),
      element("span", { className: "muted", textContent: `${format.extension} · ${format.about}` }));
    made.dataset.export = format.key;
    made.addEventListener("click", () => {
      $("export").close();
      download(conversation, transcript, format);
    });
    return made;
  };
  $("export-turns").append(...TURN_EXPORTS.map(button));
  $("export-transcript").append(...TRANSCRIPT_EXPORTS.map(button));
  $("export-said").hidden = transcript === null;
}

const buttons = {
  play: () => player.toggle(), "zoom-in": () => timeline.zoomStep(0.5), "zoom-out": () => timeline.zoomStep(2),
  "zoom-fit": () => timeline.fit(), undo, redo, theme: toggleTheme, "help-open": () => $("help").showModal(),
  "export-open": () => $("export").showModal(), "next-error": nextError, "next-unsure": () => stepUnsure(1), only: () => playOnly(speakers.only),
  original: () => goTo(0, "Back to the original; redo brings the corrections back"),
};
for (const [id, action] of Object.entries(buttons)) $(id).addEventListener("click", action);
$("speed").addEventListener("change", () => setSpeed(0));
// Corrections that the browser does not keep live in the page only.
addEventListener("beforeunload", (event) => { if (conversation.edited && !autosave.works) event.preventDefault(); });

$("length").textContent = ` / ${clock(conversation.duration, 0)}`;
$("surface").setAttribute("aria-valuemax", conversation.duration.toFixed(1));
$("origin").textContent = [`Made by diarize ${data.version}`, data.model && `model ${data.model}`,
  "everything on this page stays on your computer"].filter(Boolean).join(" · ");
if (!player.canPlay) {
  for (const id of ["play", "speed-label"]) $(id).hidden = true;
  $("silent").hidden = false;
  document.body.classList.add("silent");
}
$("turns-title").textContent = transcript ? "Transcript" : "Turns";
addExports();
refresh();
if (restored && conversation.edited) announce("Your corrections are back.");
// The sound can wait until the page is drawn.
setTimeout(() => player.load(), 200);
document.documentElement.dataset.ready = "yes";
