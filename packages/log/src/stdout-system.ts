import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'

/** What a destination asks of the operating system. */
export interface OutputSystem {
  /** Writes what there is room for of the first `length` bytes, and says how many that were; throws errors with a `code`. */
  write(data: Uint8Array, length: number): number
  /** Holds the process. Milliseconds. */
  wait(durationMs: number): void
  /** Gives back what is its own; later lines go to the shared descriptor. */
  close(): void
}

/** Descriptor of standard output in every process. */
const stdoutFd = 1

/**
 * Standard output, opened anew without blocking when it is a pipe: a reader that stops then costs `EAGAIN` instead of
 * the whole process. The flag belongs to our descriptor alone; setting it on descriptor 1 would reach every process
 * that shares the pipe.
 *
 * Regular files, terminals and devices do not stop, and are written as they are. So are sockets, pipes of another
 * user (`EACCES`) and systems without `/proc`: there a reader that stops can block the process, as it does any other
 * program.
 */
export function standardOutput(): OutputSystem {
  const ownFd = reopenPipe()
  let fd = ownFd ?? stdoutFd
  const cell = new Int32Array(new SharedArrayBuffer(4))
  return {
    write: (data, length) => writeSync(fd, data, 0, length),
    wait(durationMs) {
      Atomics.wait(cell, 0, 0, durationMs)
    },
    close() {
      if (fd === stdoutFd) return
      closeSync(fd)
      fd = stdoutFd
    },
  }
}

function reopenPipe(): number | undefined {
  try {
    if (!fstatSync(stdoutFd).isFIFO()) return undefined
    return openSync(`/proc/self/fd/${stdoutFd}`, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    return undefined // for the reasons given above
  }
}
