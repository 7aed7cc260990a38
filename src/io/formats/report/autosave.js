// Keeps the history of corrections in the browser under a key of what the page holds: a reload, a copy of the page and
// the page in another place find it again; a page with other turns does not.

// FNV-1a, twice with different starts: 64 bits, enough to tell pages apart.
function fingerprint(text) {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < text.length; ++i) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 13);
  }
  return [a, b].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}

// Whether a state that was read can be shown; other pages of this computer may have written it.
function isSound({ names, owner, turns }) {
  const isSpeaker = (id) => Number.isInteger(id) && id >= 0 && id < names.length;
  return names.every((name) => typeof name === "string") && owner.length === names.length && owner.every(isSpeaker)
    && turns.every(({ id, start, end, speaker }) =>
      Number.isInteger(id) && Number.isFinite(start) && Number.isFinite(end) && start >= 0 && end >= start && isSpeaker(speaker));
}

class Autosave {
  constructor(conversation, text) {
    this.conversation = conversation;
    this.key = `diarize-report/${fingerprint(text)}`;
    this.steps = new WeakMap();  // of a state: its difference from the one before, as JSON
    this.works = true;
  }

  // A step is what changed: turns that went, turns that came, and names or owners when they are others.
  step(before, state) {
    if (!this.steps.has(state)) {
      const were = new Set(before.turns);
      const are = new Set(state.turns);
      const step = { what: state.what, gone: before.turns.filter((turn) => !are.has(turn)).map((turn) => turn.id),
        come: state.turns.filter((turn) => !were.has(turn)).map(({ id, start, end, speaker }) => [id, start, end, speaker]) };
      if (state.names !== before.names) step.names = state.names;
      if (state.owner !== before.owner) step.owner = state.owner;
      this.steps.set(state, JSON.stringify(step));
    }
    return this.steps.get(state);
  }

  save() {
    const { states, position } = this.conversation;
    const steps = states.slice(1).map((state, i) => this.step(states[i], state));
    try {
      if (steps.length === 0) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, `{"position":${position},"steps":[${steps.join(",")}]}`);
      this.works = true;
    } catch {
      this.works = false;  // forbidden, or full
    }
  }

  // True when there was something. What does not fit the page is left alone.
  restore() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.key));
    } catch {
      return false;
    }
    if (!kept || !Array.isArray(kept.steps)) return false;
    const { conversation } = this;
    const states = conversation.states.slice(0, 1);
    try {
      for (const { what, gone, come, names, owner } of kept.steps) {
        const before = states[states.length - 1];
        const left = new Set(gone);
        const turns = come.map(([id, start, end, speaker]) => ({ id, start, end, speaker }));
        const state = { what, names: names ?? before.names, owner: owner ?? before.owner,
          turns: [...before.turns.filter((turn) => !left.has(turn.id)), ...turns].sort(inOrder) };
        if (!isSound(state)) return false;
        for (const { id } of turns) conversation.nextId = Math.max(conversation.nextId, id + 1);
        states.push(state);
      }
    } catch {
      return false;
    }
    if (!(kept.position >= 0 && kept.position < states.length)) return false;
    conversation.states = states;
    conversation.position = kept.position;
    conversation.rebuild();
    return true;
  }
}
