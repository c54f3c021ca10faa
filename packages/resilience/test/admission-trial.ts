import { createFakeClock } from '@keelson/testing'
import { expect } from 'vitest'
import { Admission, type Arrival } from '../src/admission/admission.ts'
import type { AdmissionOptions } from '../src/admission/admission-options.ts'
import type { Refusal } from '../src/admission/refusal.ts'
import type { RouteLimit } from '../src/admission/route-limit.ts'

/** Admission with a clock and turns of the event loop of its own. */
export function trialAdmission({
  cold = false,
  ...options
}: AdmissionOptions & { readonly cold?: boolean } = {}) {
  const fake = createFakeClock()
  let blockedMs = 0
  // While the loop is blocked time goes on, and no timer fires.
  const clock = {
    ...fake,
    now: () => fake.now() + blockedMs,
    monotonic: () => fake.monotonic() + blockedMs,
  }
  const deferred: (() => void)[] = []
  const admission = new Admission({ clock, defer: (callback) => void deferred.push(callback), ...options })
  const route = admission.route()
  const pass = (count: number) => {
    for (let request = 0; request < count; request++) {
      admission.begin(route)
      admission.end(route, clock.monotonic(), 0, false)
    }
  }
  if (!cold) pass(200)
  const arrive = (facts: Partial<Arrival> = {}): Arrival => ({
    deadline: undefined,
    criticality: undefined,
    startedAtMs: clock.monotonic(),
    ...facts,
  })
  return {
    clock,
    pendingCount: () => fake.pendingCount,
    block: (durationMs: number) => (blockedMs += durationMs),
    admission,
    route,
    pass,
    arrive,
    ask: (facts: Partial<Arrival> = {}, of: RouteLimit = route) => admission.admit(arrive(facts), of),
    /** One turn of the event loop. */
    turn() {
      for (const callback of deferred.splice(0)) callback()
    },
    deferred,
  }
}

/** See {@link trialAdmission}. */
export type AdmissionTrial = ReturnType<typeof trialAdmission>

/** Lets a request wait; once it is started it holds the loop for 10 ms. */
export function queue(
  { block, admission, route, arrive }: AdmissionTrial,
  name: string,
  told: string[],
  facts: Partial<Arrival> = {},
  isFirst = false,
): () => void {
  let isGone = false
  const applicant = {
    isGone: () => isGone,
    start() {
      told.push(`${name} started`)
      block(10)
    },
    refuse: ({ reason }: Refusal) => told.push(`${name} ${reason}`),
  }
  admission.queue(arrive(facts), route, applicant, isFirst)
  return () => void (isGone = true)
}

/** A turn of the event loop so long that what is read in it has to wait. */
export function beginLongTurn({ ask, block }: AdmissionTrial): void {
  expect(ask()).toBeUndefined()
  block(20)
}

/** A service whose event loop has no time left: one request of 5 ms was started every 5 ms. */
export async function saturated() {
  let busyMs = 0
  const test = trialAdmission({ busyMs: () => busyMs })
  const spend = async (durationMs: number) => {
    busyMs += durationMs
    await test.clock.advance(durationMs)
  }
  for (let request = 0; request < 500; request++) {
    test.ask()
    test.pass(1)
    await spend(5)
  }
  return { test, spend }
}
