/** Where a hierarchy of control groups is mounted. */
export interface CgroupMount {
  /** `cgroup` is version 1, `cgroup2` version 2. */
  readonly type: 'cgroup' | 'cgroup2'
  /** Folder of the hierarchy that is shown at the mount point; `/docker/<id>` where there is no cgroup namespace. */
  readonly root: string
  readonly mountPoint: string
  /** Options of the hierarchy; for version 1 the controllers are among them. */
  readonly options: readonly string[]
}

/** The mounts of control groups in the text of `/proc/self/mountinfo` (proc(5)). */
export function parseMountInfo(text: string): readonly CgroupMount[] {
  return text.split('\n').flatMap((line) => {
    // 36 35 98:0 /root /mountpoint rw,noatime master:1 - cgroup cgroup rw,memory
    const [left = '', right] = line.split(' - ', 2)
    if (right === undefined) return []
    const [, , , root, mountPoint] = left.split(' ')
    const [type, , options = ''] = right.split(' ')
    if ((type !== 'cgroup' && type !== 'cgroup2') || root === undefined || mountPoint === undefined) return []
    return [{ type, root: unescape(root), mountPoint: unescape(mountPoint), options: options.split(',') }]
  })
}

/**
 * The control groups of a process in the text of `/proc/self/cgroup`: path by controller, version 2 under the empty
 * name (cgroups(7)).
 */
export function parseProcessCgroups(text: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [id, controllers, ...path] = line.split(':')
    if (id === undefined || controllers === undefined || path.length === 0) continue
    for (const controller of controllers.split(',')) paths.set(controller, path.join(':'))
  }
  return paths
}

/** A number from 0 in the text of one file; `undefined` for `max`, a negative number and anything else. */
export function parseAmount(text: string | undefined): number | undefined {
  const trimmed = text?.trim()
  return trimmed !== undefined && /^\d+$/.test(trimmed) ? Number(trimmed) : undefined
}

/** Numbers by name in the text of a file such as `memory.stat`: one `name number` a line. */
export function parseAmounts(text: string | undefined): ReadonlyMap<string, number> {
  const amounts = new Map<string, number>()
  for (const line of text?.split('\n') ?? []) {
    const [name, value] = line.trim().split(/\s+/)
    const amount = parseAmount(value)
    if (name !== undefined && amount !== undefined) amounts.set(name, amount)
  }
  return amounts
}

/** Cores that `cpu.max` of version 2 allows: `50000 100000` is 0.5, `max 100000` is no limit. */
export function parseCpuMax(text: string | undefined): number | undefined {
  const [quota, period = '100000'] = text?.trim().split(/\s+/) ?? []
  return cores(parseAmount(quota), parseAmount(period))
}

/** Cores that a quota and a period allow; `undefined` without a quota. */
export function cores(quota: number | undefined, period: number | undefined): number | undefined {
  return quota === undefined || period === undefined || period === 0 || quota === 0
    ? undefined
    : quota / period
}

/** The kernel writes a blank in a path as `\040`. */
function unescape(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_match, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  )
}
