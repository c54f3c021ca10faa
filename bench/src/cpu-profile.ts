/** The parts of a V8 CPU profile that are read here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** Node that was running at each sample. */
  readonly samples: readonly number[]
  /** Microseconds from the sample before. */
  readonly timeDeltas: readonly number[]
}

/** A function at one place of the call tree. */
export interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

/** Time spent in a function itself, not in what it called. */
export interface SelfTime {
  readonly functionName: string
  /** File with line, or empty for what is not JavaScript. */
  readonly place: string
  /** Package of this repository or of node_modules, module of Node, or what the engine did. */
  readonly area: string
  readonly microseconds: number
}

/** Adds up the time of each function over all places of the call tree, without idle time; longest first. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): readonly SelfTime[] {
  const frames = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const times = new Map<string, SelfTime>()
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === '(idle)') continue
    const { functionName, url, lineNumber } = frame
    const place = url === '' ? '' : `${shorten(url)}:${lineNumber + 1}`
    const key = `${functionName} ${place}`
    const microseconds = (times.get(key)?.microseconds ?? 0) + (timeDeltas[index] ?? 0)
    times.set(key, {
      functionName: functionName || '(anonymous)',
      place,
      area: areaOf(functionName, url),
      microseconds,
    })
  }
  return [...times.values()].toSorted((a, b) => b.microseconds - a.microseconds)
}

/** Time by area, longest first. */
export function areaTimes(
  times: readonly SelfTime[],
): readonly (readonly [area: string, microseconds: number])[] {
  const sums = new Map<string, number>()
  for (const { area, microseconds } of times) sums.set(area, (sums.get(area) ?? 0) + microseconds)
  return [...sums].toSorted(([, a], [, b]) => b - a)
}

/** Names the package or module that a function belongs to. */
export function areaOf(functionName: string, url: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native code)'
  if (url.startsWith('node:')) return url
  const installed = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  return installed ?? /\/((?:packages\/[^/]+|bench))\//.exec(url)?.[1] ?? url
}

/** The path from the package on. */
function shorten(url: string): string {
  return url.replace(/^.*\/node_modules\//, '').replace(/^.*\/(?=packages\/|bench\/)/, '')
}
