import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { invalidInput, type ActionInput, type OpsAction } from '@keelson/core/ops'
import type { LogLevel } from '@keelson/log'
import { createExpiries } from './expiries.ts'
import type { Forceable, House } from './house.ts'

/** How long an action lasts when it is not told, in seconds. */
const DEFAULT_SECONDS = 600
const MOST_SECONDS = 3_600
const MOST_PROFILE_SECONDS = 30

const NO_FOLDER = 'There is no folder to write to. Set state.dir (KEELSON_STATE_DIR).'

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

/**
 * What an operator may do to a running service. Whatever changes it takes itself back after a time.
 *
 * `log-level {level, seconds}` · `drain {seconds}` · `undrain` · `breaker {dependency, state: isolated | held-closed | released, seconds}` ·
 * `heap-snapshot` · `cpu-profile {seconds}`: a file in `limits.snapshotDir` or `state.dir`, and one in `state.dir`.
 */
export function createOperatorActions(house: House): Readonly<Record<string, OpsAction>> {
  const { health, lifecycle, dependencies, resources } = house
  const expiries = createExpiries()
  lifecycle.onClose('operator actions', () => expiries.close())

  return {
    'log-level'(input) {
      const level = oneOf(input, 'level', levels)
      const seconds = secondsOf(input, MOST_SECONDS)
      // The log itself returns: to what configuration says by then.
      house.log.current.setLevel(level, { forMs: seconds * 1_000 })
      return { level, seconds }
    },
    drain(input) {
      const seconds = secondsOf(input, MOST_SECONDS)
      health.drain()
      expiries.set('drain', seconds, () => undrain(house))
      return { ready: false, seconds }
    },
    undrain() {
      expiries.end('drain')
      undrain(house)
      return { ready: health.readiness().status === 'up' }
    },
    async breaker(input) {
      const names = [...Object.keys(dependencies.clients), ...resources.keys()]
      const dependency = oneOf(input, 'dependency', names)
      const state = oneOf(input, 'state', ['isolated', 'held-closed', 'released'] as const)
      const client: Forceable | undefined = dependencies.clients[dependency] ?? resources.get(dependency)
      if (state === 'released') {
        await client?.release()
        return { dependency, state }
      }
      const seconds = secondsOf(input, MOST_SECONDS)
      // The breaker itself returns, and says so.
      if (state === 'isolated') await client?.isolate({ forMs: seconds * 1_000 })
      else await client?.holdClosed({ forMs: seconds * 1_000 })
      if (client?.state().forced === undefined) {
        throw invalidInput(
          `${dependency} has no circuit breaker, or is closed: its policy says breaker: false.`,
        )
      }
      return { dependency, state, seconds }
    },
    'heap-snapshot'() {
      if (house.snapshots === undefined) throw invalidInput(NO_FOLDER)
      const result = house.snapshots.write()
      if ('refusal' in result) throw invalidInput(result.refusal)
      return result
    },
    async 'cpu-profile'(input) {
      const folder = folderFor(house)
      const seconds = secondsOf(input, MOST_PROFILE_SECONDS, 10)
      const { Session } = await import('node:inspector/promises')
      const session = new Session()
      session.connect()
      await session.post('Profiler.enable')
      await session.post('Profiler.start')
      const file = join(folder, `${house.definition.name}.cpuprofile`)
      // The answer does not wait: the endpoints give an action two seconds.
      expiries.set('cpu-profile', seconds, () => {
        void session.post('Profiler.stop').then(({ profile }) => {
          writeFileSync(file, JSON.stringify(profile), { mode: 0o600 })
          session.disconnect()
          return undefined
        })
      })
      return { file, seconds }
    },
  }
}

/** A real stop is never taken back. */
function undrain({ health, lifecycle }: House): void {
  if (lifecycle.phase === 'started') health.undrain()
}

function folderFor({ config, runtime }: House): string {
  const folder = config.current.state.dir
  if (folder === null) throw invalidInput(NO_FOLDER)
  const path = resolve(runtime.cwd, folder)
  mkdirSync(path, { recursive: true })
  return path
}

function oneOf<const Value extends string>(
  input: ActionInput,
  field: string,
  values: readonly Value[],
): Value {
  const found = values.find((value) => value === input[field])
  if (found === undefined) throw invalidInput(`${field} must be one of ${values.join(', ') || '(none)'}.`)
  return found
}

function secondsOf({ seconds }: ActionInput, most: number, otherwise: number = DEFAULT_SECONDS): number {
  const value = seconds ?? otherwise
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value
  throw invalidInput(`seconds must be a whole number from 1 to ${most}.`)
}
