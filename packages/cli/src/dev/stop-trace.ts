import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { loopback } from './child-environment.ts'
import { markOf } from './fleet-watch.ts'
import type { FleetMember } from './fleet.ts'
import { messageOf } from './log-entry.ts'
import type { LogStore } from './log-store.ts'
import type { StopLook, StopMessage } from './messages.ts'
import { askProbe } from './probe-watch.ts'
import { showEnd } from './terminal-view.ts'

/** Between two looks, in milliseconds: at first a stop without a drain delay must be seen, later a long one be held. */
const FIRST_LOOK_MS = 5
const LATER_LOOK_MS = 200
/** How long looks are frequent. */
const FIRST_MS = 2_000
/** Looks and lines of one trace, without the looks before the signal and after the end. */
const MAX_LOOKS = 1_000
const MAX_LINES = 200
/** How often an unfinished trace is told. */
const TELL_MS = 250
/** A connection on this machine takes far less. */
const CONNECT_TIMEOUT_MS = 500

/**
 * Stops a service and looks on: probes, whether its port takes connections, what it says, how it ends, what is left then.
 *
 * @param onTrace told of the trace so far, and of the whole
 */
export async function traceStop(
  member: FleetMember,
  logs: LogStore,
  onTrace: (trace: StopMessage) => void,
): Promise<void> {
  const { supervisor, spec, name } = member
  const startedAtMs = Date.now()
  const started = performance.now()
  const sinceStart = (): number => Math.round((performance.now() - started) * 10) / 10
  const looks: StopLook[] = [{ ...(await look(member)), atMs: 0 }]
  const lines: { readonly atMs: number; readonly text: string }[] = []
  const leave = logs.subscribe((entry) => {
    if (entry.service === name && lines.length < MAX_LINES) {
      lines.push({ atMs: sinceStart(), text: messageOf(entry).slice(0, 200) })
    }
  })
  let end: StopMessage['end'] = null
  const isOver = (): boolean => end !== null || looks.length >= MAX_LOOKS
  const tell = (): void =>
    onTrace({ startedAtMs, looks: [...looks], lines: [...lines], graceMs: spec.graceMs, end })
  const stopped = supervisor.stop().then(() => {
    const { lastEnd } = supervisor
    end = {
      atMs: sinceStart(),
      text: lastEnd === undefined ? 'ended' : showEnd(lastEnd),
      isClean: lastEnd?.code === 0,
    }
    return undefined
  })
  const teller = setInterval(tell, TELL_MS)
  try {
    while (!isOver()) {
      const seen = await look(member)
      looks.push({ ...seen, atMs: sinceStart() })
      await Promise.race([stopped, wait(sinceStart() < FIRST_MS ? FIRST_LOOK_MS : LATER_LOOK_MS)])
    }
    await stopped
    // Between the last look and the end everything may have gone: without this one, it would be drawn as if it had stayed.
    looks.push({ ...(await look(member)), atMs: sinceStart() })
  } finally {
    clearInterval(teller)
    leave()
    tell()
  }
}

async function look({ opsUrl, ports }: FleetMember): Promise<Omit<StopLook, 'atMs'>> {
  const [liveness, readiness, accepts] = await Promise.all([
    askProbe(`${opsUrl}/liveness`),
    askProbe(`${opsUrl}/readiness`),
    acceptsConnections(ports.port),
  ])
  return { liveness: markOf(liveness), readiness: markOf(readiness), accepts }
}

function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: loopback, port, timeout: CONNECT_TIMEOUT_MS })
    const settle = (accepts: boolean): void => {
      resolve(accepts)
      socket.destroy()
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('timeout', () => settle(false))
  })
}
