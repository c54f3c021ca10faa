const text = '[redacted]'

// What `util.inspect` and `console.log` call.
const inspect = Symbol.for('nodejs.util.inspect.custom')

/**
 * A value that does not show itself: as text, in JSON, in a template, in `util.inspect` and in the log it is
 * `[redacted]`. Only {@link Secret.reveal} gives it. The value of every `sensitive` key is one.
 */
export class Secret<T> {
  // A private field is in no enumeration, no spread, no structured clone and no inspection.
  readonly #value: T

  constructor(value: T) {
    this.#value = value
    // Set here, because a class cannot declare a method of this name under isolatedDeclarations.
    Object.defineProperty(this, inspect, { value: () => text })
    Object.freeze(this)
  }

  /** The value itself. Call it where the value is used, and do not keep the result. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return text
  }

  toJSON(): string {
    return text
  }

  [Symbol.toPrimitive](): string {
    return text
  }
}
