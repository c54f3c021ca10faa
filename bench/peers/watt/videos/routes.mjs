// The same answer as the other stacks give (bench/src/stacks/video.ts).
// oxlint-disable-next-line import/no-default-export -- what Platformatic loads
export default async function routes(app) {
  app.get('/videos/:id', async (request) => ({
    id: request.params.id,
    title: `Video ${request.params.id}`,
    durationSeconds: 630,
    tags: ['documentary', 'sea'],
  }))
}
