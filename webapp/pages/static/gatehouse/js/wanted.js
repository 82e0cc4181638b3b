// Which instruments this page needs quotes of, told to the server as one set: what the rows on screen, the positions,
// the ticket and others name. A page that nobody looks at needs none.
//
// Each change is answered with a snapshot: that alone doesn't say that anything was missed.

// As many as one browser may subscribe to.
const MOST = 100;
// Rows rush by while somebody scrolls: so many milliseconds apart is it told.
const APART = 150;
// When there are too many, rows wait: what is held or about to be ordered goes first.
const LAST = "rows";

export class Wanted {
  #sources = new Map();
  #told = null;
  #rests = false;
  #waiting = null;
  #tell = null;

  // From here on `tell` gets the con_ids, whenever they change.
  begin(tell) {
    this.#tell = tell;
    this.#now();
  }

  // Replaces what `source` wanted before.
  want(source, conIds) {
    this.#sources.set(source, conIds);
    this.#soon();
  }

  // Nobody looks.
  rest() {
    this.#rests = true;
    this.#now();
  }

  // Somebody looks again.
  wake() {
    this.#rests = false;
    this.#now();
  }

  get conIds() {
    if (this.#rests) return [];
    const before = [...this.#sources].filter(([source]) => source !== LAST).flatMap(([, conIds]) => conIds);
    return [...new Set([...before, ...(this.#sources.get(LAST) ?? [])].map(Number))].slice(0, MOST);
  }

  // At once, or when enough time has gone by since the last time.
  #soon() {
    if (this.#waiting === null) this.#now();
  }

  #now() {
    if (this.#tell === null) return;
    const conIds = this.conIds;
    const key = [...conIds].sort((one, other) => one - other).join();
    if (key === this.#told) return;
    this.#told = key;
    this.#tell(conIds);
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => {
      this.#waiting = null;
      this.#now();
    }, APART);
  }
}
