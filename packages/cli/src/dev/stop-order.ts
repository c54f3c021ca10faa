/** A service with the names of those that it calls. */
export interface Caller {
  readonly name: string
  readonly calls: readonly string[]
}

/**
 * The order of a stop: who is called by nobody first, so that requests under way still reach what they need. Those of one
 * step stop together; a circle of callers does, too.
 */
export function stopOrder<Service extends Caller>(
  services: readonly Service[],
): readonly (readonly Service[])[] {
  const steps: (readonly Service[])[] = []
  let left = services
  while (left.length > 0) {
    const remaining = left
    const uncalled = remaining.filter(
      ({ name }) => !remaining.some((other) => other.name !== name && other.calls.includes(name)),
    )
    const step = uncalled.length > 0 ? uncalled : remaining
    steps.push(step)
    left = remaining.filter((service) => !step.includes(service))
  }
  return steps
}
