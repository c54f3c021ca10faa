import type { Session } from 'node:inspector'

/** A thread in native code (a synchronous read, a child process waited for) never pauses: then this is given up. */
const GIVE_UP_MS = 1_000

interface CallFrame {
  readonly functionName: string
  readonly location: {
    readonly scriptId: string
    readonly lineNumber: number
    readonly columnNumber?: number
  }
}

/**
 * Takes the stack of a main thread that does not answer, from another thread. The debugging session lives for that long
 * only: V8 lets one in through an interrupt, into a loop that never returns as well. One that stayed would make Node write
 * "Waiting for the debugger to disconnect..." at every `process.exit`, and with `--inspect` wait there for ever
 * (Node 22.23, 24.21 and 26.10).
 *
 * A thread that somebody holds in a debugger stays as it is.
 *
 * @returns frames of the main thread, innermost first, or a sentence that says why there are none; never rejects
 */
export function takeMainStack(): Promise<string> {
  let session: Session
  try {
    // Loaded here: a thread that never sees a stall has no use for it, and a Node without an inspector has none.
    session = new (process.getBuiltinModule('node:inspector').Session)()
    session.connectToMainThread()
  } catch {
    return Promise.resolve('The stack was not taken: this process allows no inspector.')
  }
  return new Promise((resolve) => {
    // Frames name scripts by number; enabling the debugger tells every script's file.
    const files = new Map<string, string>()
    let pauseIsOurs = false
    const finish = (text: string) => {
      clearTimeout(timer)
      session.disconnect()
      resolve(text)
    }
    const timer = setTimeout(
      () => finish('The main thread is blocked in native code: it has no stack to show.'),
      GIVE_UP_MS,
    )
    session.on('Debugger.scriptParsed', ({ params }: { params: { scriptId: string; url: string } }) => {
      files.set(params.scriptId, params.url)
    })
    session.on('Debugger.paused', ({ params }: { params: { callFrames: CallFrame[] } }) => {
      // Resumed before anything else: the thread is late enough.
      if (pauseIsOurs) session.post('Debugger.resume')
      const frames = params.callFrames.map((frame) => frameText(frame, files)).join('\n')
      finish(pauseIsOurs ? frames : `The main thread is held in a debugger.\n${frames}`)
    })
    // A thread that is paused already says so before it answers this.
    session.post('Debugger.enable', (error) => {
      if (error !== null) return
      pauseIsOurs = true
      session.post('Debugger.pause')
    })
  })
}

function frameText({ functionName, location }: CallFrame, files: ReadonlyMap<string, string>): string {
  const name = functionName === '' ? '<anonymous>' : functionName
  const file = files.get(location.scriptId) ?? 'unknown'
  return `    at ${name} (${file}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1})`
}
