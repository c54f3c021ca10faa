import { Agent, request } from 'node:http'

/** Class of a request, and whether it names one. */
export type LoadClass = 'critical' | 'default' | 'sheddable'

/** One request as its caller saw it. */
export interface Sample {
  readonly class: LoadClass
  /** Milliseconds since the load began. */
  readonly sentAtMs: number
  readonly durationMs: number
  /** `late` and `failed`: no whole answer within the caller's patience, or none at all. */
  readonly outcome: 'done' | 'shed' | 'late' | 'failed'
}

/** `kept`: as clients and balancers with keep-alive do; `new`: one for each request, as nginx does by default. */
export type Connections = 'kept' | 'new'

/** How much is sent. */
export interface LoadPlan {
  readonly port: number
  readonly durationMs: number
  /** Requests per second at a moment of the load. */
  readonly ratePerSecond: (atMs: number) => number
  /** Shares of the classes, 0 to 1; the rest is `default`. */
  readonly critical: number
  readonly sheddable: number
  /** Remaining time that each request claims, in milliseconds; also the patience of its caller. */
  readonly patienceMs: number
  /** Whether callers keep their connections, or make one for each request. */
  readonly connections: Connections
  /** Whether requests say how patient their callers are. */
  readonly deadlines: boolean
  /** Number from 0 to 1 that decides on the next pause or class. */
  readonly random: () => number
}

/** Sends requests at random moments (Poisson), whatever becomes of those before: as many callers do that know nothing of each other. */
export async function runLoad(plan: LoadPlan): Promise<readonly Sample[]> {
  const agent = new Agent({ keepAlive: plan.connections === 'kept', maxFreeSockets: 10_000 })
  const startedAtMs = performance.now()
  const sent: Promise<Sample>[] = []
  let dueAtMs = 0
  while (dueAtMs < plan.durationMs) {
    const waitMs = startedAtMs + dueAtMs - performance.now()
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs))
    sent.push(send(plan, agent, startedAtMs))
    dueAtMs += (-Math.log(1 - plan.random()) * 1_000) / plan.ratePerSecond(dueAtMs)
  }
  const samples = await Promise.all(sent)
  agent.destroy()
  return samples
}

function send(plan: LoadPlan, agent: Agent, startedAtMs: number): Promise<Sample> {
  const draw = plan.random()
  const loadClass: LoadClass =
    draw < plan.critical ? 'critical' : draw < plan.critical + plan.sheddable ? 'sheddable' : 'default'
  const sentAtMs = performance.now()
  return new Promise((resolve) => {
    const end = (outcome: Sample['outcome']) => {
      clearTimeout(patience)
      resolve({
        class: loadClass,
        sentAtMs: sentAtMs - startedAtMs,
        durationMs: performance.now() - sentAtMs,
        outcome,
      })
    }
    const sending = request(
      {
        agent,
        host: '127.0.0.1',
        port: plan.port,
        path: '/work',
        headers: {
          'x-criticality': loadClass,
          ...(plan.deadlines ? { 'x-request-timeout-ms': String(plan.patienceMs) } : {}),
        },
      },
      (response) => {
        response.resume()
        response.once('end', () => end(response.statusCode === 200 ? 'done' : 'shed'))
      },
    )
    const patience = setTimeout(() => {
      end('late')
      sending.destroy()
    }, plan.patienceMs)
    sending.on('error', () => end('failed'))
    sending.end()
  })
}

/** A generator of numbers from 0 to 1 that can be repeated (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
