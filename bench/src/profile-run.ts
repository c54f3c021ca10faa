import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pin, type Cores } from './cores.ts'
import { areaTimes, selfTimes, type CpuProfile, type SelfTime } from './cpu-profile.ts'
import { loadServer } from './load.ts'
import { preloads } from './preloads.ts'
import { startServer, type ServerProcess } from './server-process.ts'
import type { Stack } from './stacks.ts'
import type { Table } from './table.ts'

export interface ProfileRunOptions {
  readonly stacks: readonly Stack[]
  /** Length of the load while the profiler runs. */
  readonly seconds: number
  readonly connections: number
  readonly warmUpSeconds: number
  readonly cores: Cores
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

/** Where the time of one stack went. */
export interface StackProfile {
  readonly stack: Stack
  readonly requestCount: number
  readonly times: readonly SelfTime[]
}

/** Functions that are listed. */
const listedCount = 40

/** Time that the profile may take to be written. */
const writeLimitMs = 30_000

/** Profiles one stack after the other under load. */
export async function runProfile(options: ProfileRunOptions): Promise<readonly StackProfile[]> {
  const profiles: StackProfile[] = []
  for (const stack of options.stacks) profiles.push(await profileStack(stack, options))
  return profiles
}

/** Areas of all stacks side by side, then the functions of each. The profiler itself slows a stack down. */
export function profileTables(profiles: readonly StackProfile[]): readonly Table[] {
  const byArea = profiles.map(({ times, requestCount }) =>
    perRequest(new Map(areaTimes(times)), requestCount),
  )
  const areas = [...new Set(byArea.flatMap((times) => [...times.keys()]))]
  return [
    {
      title: 'Time per request by area, µs, profiler on',
      header: ['area', ...profiles.map(({ stack }) => stack.name)],
      rows: areas
        .map((area) => [area, ...byArea.map((times) => (times.get(area) ?? 0).toFixed(2))])
        .filter(([, ...times]) => times.some((time) => time !== '0.00')),
    },
    ...profiles.map(({ stack, times, requestCount }) => ({
      title: `${stack.name}: time per request by function, µs, profiler on`,
      header: ['function', 'µs', 'place'],
      rows: times
        .slice(0, listedCount)
        .map(({ functionName, microseconds, place, area }) => [
          functionName,
          (microseconds / requestCount).toFixed(2),
          place || area,
        ]),
    })),
  ]
}

async function profileStack(stack: Stack, options: ProfileRunOptions): Promise<StackProfile> {
  const { cores, seconds, warmUpSeconds, signal, progress } = options
  const folder = mkdtempSync(join(tmpdir(), 'keelson-bench-'))
  const file = join(folder, 'stack.cpuprofile')
  const profiler = new URL(preloads.profileOnSignal)
  profiler.searchParams.set('to', file)
  try {
    await using server = await startServer(stack, {
      before: pin(cores.server),
      preloads: [preloads.keepTickShape, profiler.href],
      signal,
    })
    progress(`profile: warming up ${stack.name}`)
    await loadServer(server, { ...options, seconds: warmUpSeconds })
    progress(`profile: ${stack.name}, ${seconds} s`)
    process.kill(server.pid, 'SIGWINCH')
    const { requestCount } = await loadServer(server, options)
    return { stack, requestCount, times: selfTimes(await takeProfile(server, file)) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function takeProfile(server: ServerProcess, file: string): Promise<CpuProfile> {
  process.kill(server.pid, 'SIGWINCH')
  for (const end = performance.now() + writeLimitMs; !existsSync(file); await sleep(50)) {
    if (performance.now() > end) throw new Error(`No profile was written within ${writeLimitMs / 1000} s.`)
  }
  // Written by the preload from what V8 gave it.
  return JSON.parse(readFileSync(file, 'utf8')) as CpuProfile
}

function perRequest(times: ReadonlyMap<string, number>, requestCount: number): ReadonlyMap<string, number> {
  return new Map([...times].map(([area, microseconds]) => [area, microseconds / requestCount]))
}
