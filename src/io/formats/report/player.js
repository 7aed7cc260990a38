// Where we are in the recording, and its sound when there is some.

// Base64 in pieces, so that hours of audio neither need one huge string twice nor freeze the page.
async function decoded(text) {
  const step = 4 << 20;
  const parts = [];
  for (let at = 0; at < text.length; at += step) {
    const bytes = atob(text.slice(at, at + step));
    const part = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; ++i) part[i] = bytes.charCodeAt(i);
    parts.push(part);
    await new Promise((resume) => setTimeout(resume));
  }
  return parts;
}

class Player extends EventTarget {
  constructor(info, duration) {
    super();
    this.info = info;
    this.duration = duration;
    this.position = 0;
    this.audio = null;
    this.only = null;  // stretches (a Stretches) outside which playing skips; null: everything is played
    if (info.kind === "none") return;
    this.audio = new Audio();
    this.audio.preload = "auto";
    // Before that its time says nothing: it stands at 0, wherever somebody has gone already.
    this.placed = false;
    this.audio.addEventListener("loadedmetadata", () => {
      this.audio.currentTime = this.position;
      this.placed = true;
    });
    this.audio.addEventListener("error", () => {
      announce(info.kind === "link" ? "The linked audio file is not there, or this browser cannot play it."
        : "This browser cannot play the audio.");
    });
    // Also where the page is not drawn, in a tab at the back.
    this.audio.addEventListener("timeupdate", () => this.skip());
    for (const event of ["play", "pause", "ended", "ratechange"]) {
      this.audio.addEventListener(event, () => this.dispatchEvent(new Event("state")));
    }
    this.ready = null;
  }

  get canPlay() { return this.audio !== null; }
  get playing() { return this.canPlay && !this.audio.paused && !this.audio.ended; }
  get time() {
    if (this.playing && this.placed && !this.audio.seeking) this.position = this.audio.currentTime;
    return Math.min(this.position, this.duration);
  }

  load() {
    if (!this.canPlay) return Promise.resolve();
    this.ready ??= (async () => {
      if (this.info.kind === "link") {
        this.audio.src = this.info.link;
      } else {
        const holder = $("audio-data");
        const parts = await decoded(holder.textContent.trim());
        holder.remove();
        this.audio.src = URL.createObjectURL(new Blob(parts, { type: this.info.mime_type }));
      }
    })();
    return this.ready;
  }

  // While only some stretches are played: jumps over what lies between them, and stops after the last.
  skip() {
    if (this.only === null || !this.playing) return;
    const { segments } = this.only;
    const next = segments[this.only.reaching(this.time)];
    if (next === undefined) this.audio.pause();
    else if (next.start > this.time + 0.01 && !this.audio.seeking) this.seek(next.start);
  }

  seek(time) {
    this.position = clamp(time, 0, this.duration);
    if (this.canPlay && this.placed) this.audio.currentTime = this.position;
    this.dispatchEvent(new Event("seek"));
  }

  toggle() {
    if (this.playing) {
      this.audio.pause();
    } else if (this.canPlay) {
      const played = this.only === null ? this.duration : this.only.reach[this.only.reach.length - 1];
      if (this.position >= played - 0.05) this.seek(0);
      this.play();
    } else {
      announce("This page has no sound.");
    }
  }

  async play() {
    if (!this.canPlay) return;
    await this.load();
    try {
      await this.audio.play();
    } catch (error) {
      if (error.name !== "AbortError") announce("The audio could not be started.");
    }
  }

  set rate(value) { if (this.canPlay) this.audio.playbackRate = value; }
}
