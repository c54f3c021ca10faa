/** What `GET /videos/:id` answers; the same in every stack. */
export interface Video {
  readonly id: string
  readonly title: string
  readonly durationSeconds: number
  readonly tags: readonly string[]
}

/** Makes the answer for one video: some 100 bytes of JSON, no I/O, so that what is measured is the stack around it. */
export function videoOf(id: string): Video {
  return { id, title: `Video ${id}`, durationSeconds: 630, tags: ['documentary', 'sea'] }
}
