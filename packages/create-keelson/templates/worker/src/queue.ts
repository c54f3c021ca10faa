/** One message of the queue. */
export interface Message {
  readonly id: string
  readonly text: string
}

/** Where messages come from. Put the client of your broker behind these two methods. */
export interface Queue {
  /** Takes the next message; `undefined` while there is none. */
  take(): Promise<Message | undefined>
  /** Tells the queue that a message has been worked on, so that nobody gets it again. */
  acknowledge(message: Message): Promise<void>
}

/** A queue in memory, for tests and until there is a broker. */
export function createMemoryQueue(messages: readonly Message[] = []): Queue {
  const waiting = [...messages]
  return {
    take: async () => waiting.shift(),
    acknowledge: async () => {},
  }
}
