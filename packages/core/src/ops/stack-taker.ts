import { Session, url } from 'node:inspector'

/** Takes the stack of a main thread that does not answer, from another thread. */
export interface StackTaker {
  /** Frames of the main thread, innermost first, or a sentence that says why there are none. Never rejects. */
  take(): Promise<string>
}

/** A thread in native code (a synchronous read, a regular expression) never pauses: then this is given up. */
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
 * Opens a debugging session on the main thread. It must be open before the stall: a blocked thread accepts none.
 *
 * @returns `undefined` where a debugger is attached already, or the runtime refuses
 */
export function openStackTaker(): StackTaker | undefined {
  if (url() !== undefined) return undefined
  let session: Session
  try {
    session = new Session()
    session.connectToMainThread()
  } catch {
    return undefined
  }
  return {
    take: () =>
      new Promise((resolve) => {
        // Frames name scripts by number; enabling the debugger tells every script's file.
        const files = new Map<string, string>()
        const onScript = ({ params }: { params: { scriptId: string; url: string } }) => {
          files.set(params.scriptId, params.url)
        }
        const finish = (text: string) => {
          clearTimeout(timer)
          session.off('Debugger.scriptParsed', onScript)
          session.off('Debugger.paused', onPaused)
          session.post('Debugger.disable')
          resolve(text)
        }
        const onPaused = ({ params }: { params: { callFrames: CallFrame[] } }) => {
          // Resumed before anything else: the thread is late enough.
          session.post('Debugger.resume')
          finish(params.callFrames.map((frame) => frameText(frame, files)).join('\n'))
        }
        const timer = setTimeout(
          () => finish('The main thread is blocked in native code: it has no stack to show.'),
          GIVE_UP_MS,
        )
        session.on('Debugger.scriptParsed', onScript)
        session.on('Debugger.paused', onPaused)
        session.post('Debugger.enable')
        session.post('Debugger.pause')
      }),
  }
}

function frameText({ functionName, location }: CallFrame, files: ReadonlyMap<string, string>): string {
  const name = functionName === '' ? '<anonymous>' : functionName
  const file = files.get(location.scriptId) ?? 'unknown'
  return `    at ${name} (${file}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1})`
}
