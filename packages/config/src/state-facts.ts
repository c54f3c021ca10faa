import { isDeepStrictEqual } from 'node:util'
import { channel } from '@keelson/core/channels'
import type { ResolvedLeaf } from './resolve.ts'

/** Tells the other parts what stands beside the values in force. */
export interface StateFacts {
  /** Publishes what has changed since the last call; the notes of the first are said by whoever starts the service. */
  publish(
    leaves: ReadonlyMap<string, ResolvedLeaf>,
    pending: ReadonlyMap<string, ResolvedLeaf>,
    notes: readonly string[],
  ): void
}

/** Makes {@link StateFacts}. */
export function createStateFacts(service: string): StateFacts {
  let told: unknown
  let noted: ReadonlySet<string> | undefined
  return {
    publish(leaves, pending, notes) {
      const keysWhere = (holds: (resolved: ResolvedLeaf) => boolean) =>
        [...leaves.values()].filter(holds).map(({ leaf }) => leaf.key)
      const state = {
        service,
        pendingKeys: [...pending.keys()],
        shadowedKeys: keysWhere(({ shadowed }) => shadowed !== undefined),
        pinnedKeys: keysWhere(({ pinned }) => pinned),
      }
      if (!isDeepStrictEqual(state, told)) channel('keelson.config.state').publish(state)
      told = state
      const known = noted ?? new Set(notes)
      noted = new Set(notes)
      for (const warning of noted) {
        if (!known.has(warning)) channel('keelson.config.warned').publish({ service, warning })
      }
    },
  }
}
