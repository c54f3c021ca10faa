/** Steps of the scale of durations, four to a doubling: a figure read from it is at most 19 % too long. */
const stepsPerDoubling = 4

/** The last step is one of 65 s: no attempt that is cut short waits for longer than that to be condemned. */
const stepCount = 64

/** Answers after which the older ones count half. */
const halvedAfter = 1_024

/** Answers below which nothing is said of what is usual. */
const leastCount = 32

/** Share of the answers that are faster than what is usual. */
const usualShare = 0.99

/** How much longer than usual an attempt must have waited before it says anything of the dependency. */
const patience = 2

/** What an attempt that was cut short is judged by. */
export interface SilenceBounds {
  /** Window of the breaker in milliseconds: nobody may have been answered for so long. */
  readonly samplingMs: number
  /** Limit of an attempt in milliseconds, of which half must have passed where it is not known what is usual; `Infinity` for none. */
  readonly attemptTimeoutMs: number
}

/**
 * Tells a dependency that answers nobody from callers in a hurry, by the attempts that the deadlines of their callers cut short. One of
 * those alone says nothing. It speaks against the dependency when it waited twice as long as 99 % of the answers took, and when for a whole
 * window of the breaker nobody was answered at all: one answer to anybody, and none of them counts (docs/decisions/0017).
 */
export class AnswerSilence {
  readonly #steps = new Float64Array(stepCount)
  #count = 0
  #lastBeginMs = -Infinity
  /** Beginning of the first attempt since the last answer. */
  #sinceMs: number | undefined

  /** An attempt begins. @param nowMs monotonic */
  begin(nowMs: number, samplingMs: number): void {
    // Nobody asked meanwhile: that is no silence.
    if (nowMs - this.#lastBeginMs > samplingMs / 2) this.#sinceMs = undefined
    this.#lastBeginMs = nowMs
    this.#sinceMs ??= nowMs
  }

  /** Something was answered, whatever it was. */
  break(): void {
    this.#sinceMs = undefined
  }

  /** An attempt has succeeded: that is how long answers take. */
  learn(durationMs: number): void {
    this.#steps[stepOf(durationMs)]! += 1 // a step is below stepCount
    this.#count += 1
    if (this.#count < halvedAfter) return
    for (let step = 0; step < stepCount; step++) this.#steps[step]! /= 2
    this.#count /= 2
  }

  /** Whether an attempt that was cut short after `waitedMs` speaks against the dependency. @param nowMs monotonic */
  condemns(nowMs: number, waitedMs: number, { samplingMs, attemptTimeoutMs }: SilenceBounds): boolean {
    if (this.#sinceMs === undefined || nowMs - this.#sinceMs < samplingMs) return false
    const usualMs = this.#usualMs()
    return waitedMs >= (usualMs === undefined ? attemptTimeoutMs / 2 : patience * usualMs)
  }

  #usualMs(): number | undefined {
    if (this.#count < leastCount) return undefined
    const rank = usualShare * this.#count
    let upTo = 0
    let step = 0
    while (step < stepCount && upTo < rank) {
      upTo += this.#steps[step]! // below stepCount
      step += 1
    }
    return 2 ** ((step - 1) / stepsPerDoubling)
  }
}

/** Step 0 ends at 1 ms, each further one 19 % later. */
function stepOf(durationMs: number): number {
  if (durationMs <= 1) return 0
  return Math.min(stepCount - 1, Math.ceil(Math.log2(durationMs) * stepsPerDoubling))
}
