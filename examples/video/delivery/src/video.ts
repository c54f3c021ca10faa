import { z } from 'zod'

/** A video as the catalog answers it; what delivery does not use is left out. */
export const Video = z.object({
  id: z.string(),
  title: z.string(),
  durationSeconds: z.number().int().positive(),
})
