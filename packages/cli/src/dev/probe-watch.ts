import { type Clock, systemClock, type TimerHandle } from '@keelson/core/clock'
import { call } from '../verify/http-call.ts'

/** What a probe said: its status was 200 · it was another · nothing answered. */
export type ProbeResult = 'up' | 'down' | 'gone'

/** Both probes at one moment. */
export interface ProbeSample {
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly liveness: ProbeResult
  readonly readiness: ProbeResult
}

/** Asks one address. */
export type AskProbe = (url: string) => Promise<ProbeResult>

/** What is watched. */
export interface ProbeWatchOptions {
  /** Without a slash at the end. */
  readonly opsUrl: string
  /** Time until the next question, asked anew each time, in milliseconds. */
  readonly intervalMs: () => number
  readonly onSample: (sample: ProbeSample) => void
  /** @defaultValue a request with a connection of its own, as the kubelet's */
  readonly ask?: AskProbe
  readonly clock?: Clock
}

/** A watch of probes. */
export interface ProbeWatch {
  close(): void
}

/** `timeoutSeconds` of a probe in Kubernetes that says nothing. */
const TIMEOUT_MS = 1_000

/** Asks the probes of one service over and over, whether it runs or not. */
export function watchProbes(options: ProbeWatchOptions): ProbeWatch {
  const { opsUrl, intervalMs, onSample, ask = askProbe, clock = systemClock } = options
  let timer: TimerHandle | undefined
  let closed = false
  const round = async (): Promise<void> => {
    const [liveness, readiness] = await Promise.all([ask(`${opsUrl}/liveness`), ask(`${opsUrl}/readiness`)])
    if (closed) return
    onSample({ atMs: clock.now(), liveness, readiness })
    timer = clock.setTimeout(() => void round(), intervalMs())
  }
  void round()
  return {
    close() {
      closed = true
      clock.clearTimeout(timer)
    },
  }
}

/** Asks a probe once. */
export const askProbe: AskProbe = async (url) => {
  const result = await call({ url, timeoutMs: TIMEOUT_MS })
  if (result.kind === 'failure') return 'gone'
  return result.status === 200 ? 'up' : 'down'
}
