/** Credit of a hedge that has not proved anything yet, and the most that it can have. */
const maxCredit = 16

/** What a second attempt that was the faster one earns; one that was not costs 1, so that one in five keeps the credit where it is. */
const earned = 4

/** Credit after a pause: four second attempts in a row without use end in the next pause. */
const creditAfterPause = 4

/**
 * Whether second attempts are worth their load, by what became of the last ones.
 *
 * Where one slow answer among many is what second attempts are against, a third to nine tenths of them are the faster ones; where
 * everything waits in one queue, as under overload, it is one in twenty (simulated and on real processes, bench/calls.md).
 */
export class HedgeCredit {
  #credit = maxCredit

  /** The second attempt was the faster one. */
  gain(): void {
    this.#credit = Math.min(maxCredit, this.#credit + earned)
  }

  /**
   * The second attempt was for nothing.
   *
   * @returns whether the credit is used up: it is time for a pause, after which a small part of it is back
   */
  spend(): boolean {
    this.#credit -= 1
    if (this.#credit > 0) return false
    this.#credit = creditAfterPause
    return true
  }
}
