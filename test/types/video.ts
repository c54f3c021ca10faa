import { z } from 'zod'

export const Video = z.object({ id: z.string(), title: z.string() })
