import { setTimeout as wait } from 'node:timers/promises'

/** Longest work for one request, in milliseconds: some requests are always under way when a signal comes. */
const longestWorkMs = 20

/** What every stack answers; it takes a moment, as a look into a database would. */
export async function answerFor(id: string): Promise<{ readonly id: string; readonly title: string }> {
  await wait(Math.random() * longestWorkMs)
  return { id, title: `Video ${id}` }
}

/** How long a stack that can wait before it closes waits, in milliseconds; 0 where its documentation shows none. */
export const waitBeforeCloseMs: number = Number(process.env['WAIT_BEFORE_CLOSE_MS'] ?? '0')

/** Where the bench wants the stack. */
export const address: { readonly host: string; readonly port: number } = {
  host: process.env['HOST'] ?? '127.0.0.1',
  port: Number(process.env['PORT']),
}
