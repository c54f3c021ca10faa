import type { ExpositionFormat } from './exposition.ts'

/**
 * Chooses the format of an answer. OpenMetrics only for a caller that names it (in version 1.0.0, or without a version)
 * and does not like plain text better; a wildcard gets plain text.
 *
 * @param accept value of the `accept` header (RFC 9110 §12.5.1); `undefined` when the caller sent none
 */
export function negotiate(accept: string | undefined): ExpositionFormat {
  if (accept === undefined) return 'text'
  let openMetricsQuality = 0
  let textQuality = 0
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const quality = qualityOf(parameters)
    if (type === 'application/openmetrics-text') {
      const version = parameters.find((parameter) => parameter.startsWith('version='))?.slice(8)
      if (version === undefined || version === '1.0.0') {
        openMetricsQuality = Math.max(openMetricsQuality, quality)
      }
    } else if (type === 'text/plain' || type === 'text/*') {
      textQuality = Math.max(textQuality, quality)
    }
  }
  return openMetricsQuality > 0 && openMetricsQuality >= textQuality ? 'openmetrics' : 'text'
}

function qualityOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  if (text === undefined) return 1
  const quality = Number(text)
  return quality >= 0 && quality <= 1 ? quality : 0
}
