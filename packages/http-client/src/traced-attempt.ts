import type { AttemptFacts, ContextSpan, SpanIds } from '@keelson/core/context'
import type { Attempt } from '@keelson/resilience'

/** What is known of the attempts of a client, whatever the call. */
export interface TracedTarget {
  readonly dependency: string
  readonly target: URL
}

/**
 * Makes one attempt within a span of its own.
 *
 * @param parent span of the request that the call is made for
 * @param run makes the attempt; the ids go out with it
 */
export async function tracedAttempt<Answer extends { readonly status: number }>(
  parent: ContextSpan,
  { dependency, target }: TracedTarget,
  { method, template }: Pick<AttemptFacts, 'method' | 'template'>,
  attempt: Attempt,
  run: (span: SpanIds) => Promise<Answer>,
): Promise<Answer> {
  const { hostname, port, protocol } = target
  const span = parent.startAttempt({
    dependency,
    method,
    template,
    host: hostname,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    retry: attempt.retry,
  })
  try {
    const answer = await run(span)
    span.end(answer.status)
    return answer
  } catch (error) {
    span.end(attempt.statusCode, error)
    throw error
  }
}
