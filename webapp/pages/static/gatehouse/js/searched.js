// Which question the results of a search answer, and whether Enter waits for its answer. A question is text: what the
// form sends.

export class Searched {
  #asked = null;
  #answered = null;
  #waits = false;

  typed() {
    this.#waits = false;
  }

  forget() {
    this.#asked = this.#answered = null;
    this.#waits = false;
  }

  // False for what was asked already: its answer is there, or on its way. A submit asks anew.
  asks(question, { isSubmit }) {
    if (!isSubmit && question === this.#asked) return false;
    this.#asked = question;
    return true;
  }

  failed() {
    this.#asked = null;
  }

  // Its answer is there. True when Enter has waited for it.
  isAnswered() {
    const waited = this.#waits;
    this.#answered = this.#asked;
    this.#waits = false;
    return waited;
  }

  // True when the results answer it. Else Enter waits, and the form asks.
  enter(question) {
    this.#waits = question !== this.#answered;
    return !this.#waits;
  }
}

// The only result is the one that is meant; of several the first is lit up, and another Enter takes it.
export function enterMeans(count) {
  return count === 0 ? "nothing" : count === 1 ? "take" : "choose";
}
