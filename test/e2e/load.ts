/** How one request went. */
export interface Shot {
  /** 0 when there was no answer. */
  readonly status: number
  readonly body: string
}

/** Requests without a pause between them, until it is told to end. */
export interface Load {
  /** Answers so far, in the order in which they came. */
  readonly shots: readonly Shot[]
  /** Sends no further requests and waits for those under way. */
  end(): Promise<void>
}

/**
 * Sends requests from several callers at once.
 *
 * @param nextUrl gives the URL of each request
 */
export function startLoad(callerCount: number, nextUrl: (index: number) => string): Load {
  const shots: Shot[] = []
  const end = new AbortController()
  let sent = 0
  const call = async () => {
    while (!end.signal.aborted) shots.push(await shoot(nextUrl(sent++)))
  }
  const callers = Promise.all(Array.from({ length: callerCount }, call))
  return {
    shots,
    async end() {
      end.abort()
      await callers
    },
  }
}

async function shoot(url: string): Promise<Shot> {
  try {
    const answer = await fetch(url)
    return { status: answer.status, body: await answer.text() }
  } catch {
    return { status: 0, body: '' }
  }
}
