// The search field: what is said and who says it, or a time to go to.
class Search {
  constructor(list, player) {
    Object.assign(this, { list, player });
    this.hits = [];
    this.place = -1;
    this.field = $("search");
    this.field.addEventListener("input", () => this.refresh(true));
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.field.value !== "") {
        this.field.value = "";
        this.refresh(false);
      } else if (event.key === "Enter") {
        this.go(event.shiftKey ? -1 : 1);
      } else {
        return;
      }
      event.preventDefault();
    });
    $("search-next").addEventListener("click", () => this.go(1));
    $("search-previous").addEventListener("click", () => this.go(-1));
  }

  // After rows or the query changed; goes to the first hit from the cursor on when `moves`.
  refresh(moves) {
    this.hits = findInRows(this.list.rows, this.field.value);
    this.list.showHits(this.hits);
    this.place = -1;
    if (moves && this.hits.length > 0) {
      const next = this.hits.findIndex((hit) => this.list.rows[hit.row].end > this.player.time);
      this.place = Math.max(0, next);
      this.list.reveal(this.hits[this.place].row);
    }
    this.tell();
  }

  go(step) {
    const time = parsedClock(this.field.value);
    if (this.hits.length > 0) {
      this.place = (this.place + step + this.hits.length) % this.hits.length;
      const { row, words } = this.hits[this.place];
      this.list.choose(row);
      if (words.size > 0) this.player.seek(this.list.transcript.words[Math.min(...words)].start);
    } else if (Number.isFinite(time)) {
      this.player.seek(time);
      const under = firstWhere(this.list.rows, (row) => row.start > time) - 1;
      if (under >= 0) this.list.reveal(under);
    }
    this.tell();
  }

  tell() {
    const asked = this.field.value.trim() !== "";
    const isTime = this.field.value.includes(":") && Number.isFinite(parsedClock(this.field.value));
    $("search-count").textContent = !asked ? "" : this.hits.length > 0 ? `${Math.max(1, this.place + 1)} of ${this.hits.length}`
      : isTime ? "Enter goes there" : "not found";
    for (const id of ["search-next", "search-previous"]) $(id).disabled = this.hits.length === 0;
  }
}
