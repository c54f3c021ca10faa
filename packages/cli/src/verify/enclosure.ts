import type { ProcessSpec } from './managed-process.ts'

/** What bounds the memory of one life of the service. */
export interface Enclosure {
  /** Changes how a process is started, so that it starts within. */
  readonly wrap: (spec: ProcessSpec) => ProcessSpec
  /** Processes that the kernel has killed within for want of memory; `undefined` where it does not tell. */
  oomKillCount(): number | undefined
  /** Removes it, and everything that still runs within. Never rejects. */
  remove(): Promise<void>
}

/**
 * Bounds a container by options of `docker run`, swap included, and lets it see a folder under its own path.
 *
 * @param folder an absolute path
 */
export function containerEnclosure(limitBytes: number, folder: string): Enclosure {
  const options = [
    '--memory',
    `${limitBytes}b`,
    '--memory-swap',
    `${limitBytes}b`,
    '--volume',
    `${folder}:${folder}`,
  ]
  return {
    wrap: (spec) => ({
      ...spec,
      command: [...spec.command.slice(0, 2), ...options, ...spec.command.slice(2)],
    }),
    // `docker run` ends with 137 when the kernel has killed the first process; of others it does not tell.
    oomKillCount: () => undefined,
    // The container removes itself.
    remove: () => Promise.resolve(),
  }
}
