/** The last values of a series. */
export interface History<Value> {
  /** Oldest first. */
  readonly values: readonly Value[]
  add(value: Value): void
}

/** Makes a series that forgets its oldest values beyond a number. */
export function createHistory<Value>(length: number): History<Value> {
  const values: Value[] = []
  return {
    values,
    add(value) {
      values.push(value)
      if (values.length > length) values.shift()
    },
  }
}
