import { type CgroupMount, parseMountInfo, parseProcessCgroups } from './cgroup-parsers.ts'
import type { TextReader } from './text-reader.ts'

/** The folders of one controller that hold for this process: its own first, then each above it, up to the mount. */
export interface CgroupPlace {
  readonly version: 1 | 2
  readonly folders: readonly string[]
}

/**
 * Finds the control groups that hold for this process. A machine may have memory in version 1 and an empty version 2
 * beside it (systemd's hybrid mode): each controller is looked for in version 1 first, where it is if it is listed.
 *
 * @returns `undefined` where there is no such control group, as outside of Linux
 */
export function findCgroup(controller: 'memory' | 'cpu', read: TextReader): CgroupPlace | undefined {
  const mounts = parseMountInfo(read('/proc/self/mountinfo') ?? '')
  const paths = parseProcessCgroups(read('/proc/self/cgroup') ?? '')
  const first = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller))
  const firstPath = paths.get(controller)
  if (first !== undefined && firstPath !== undefined) {
    return { version: 1, folders: foldersOf(first, firstPath) }
  }
  const second = mounts.find(({ type }) => type === 'cgroup2')
  const secondPath = paths.get('')
  if (second !== undefined && secondPath !== undefined) {
    return { version: 2, folders: foldersOf(second, secondPath) }
  }
  return undefined
}

function foldersOf({ root, mountPoint }: CgroupMount, path: string): readonly string[] {
  const folders: string[] = []
  for (
    let inside = pathInside(root, path);
    inside !== '';
    inside = inside.slice(0, inside.lastIndexOf('/'))
  ) {
    folders.push(`${mountPoint}${inside}`)
  }
  return [...folders, mountPoint]
}

/** The path below the mount point; empty for the mount point itself, and for a group that the mount does not show. */
function pathInside(root: string, path: string): string {
  const base = root === '/' ? '' : root
  if (!path.startsWith(`${base}/`)) return ''
  return path.slice(base.length).replace(/\/+$/, '')
}
