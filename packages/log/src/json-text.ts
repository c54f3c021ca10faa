// Everything that JSON takes as it is: no control character, no quote, no backslash, no surrogate. Surrogates are
// left to JSON.stringify, which escapes those that lack their other half.
const unsafe = /[^\u0020\u0021\u0023-\u005b\u005d-\ud7ff\ue000-\uffff]/

/** Below this many characters a loop is quicker than the call of a regular expression. */
const shortLength = 24

/** Whether a text is JSON as it stands, between quotes. */
function isSafe(text: string): boolean {
  if (text.length > shortLength) return !unsafe.test(text)
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff)) return false
  }
  return true
}

/** A text as a JSON string. The common text is only looked at, and put between quotes. */
export function quote(text: string): string {
  return isSafe(text) ? `"${text}"` : JSON.stringify(text)
}

/** A text as it stands between the quotes of a JSON string. */
export function quoteless(text: string): string {
  return isSafe(text) ? text : JSON.stringify(text).slice(1, -1)
}

/**
 * The longest beginning of a text whose JSON form, quotes left out, has at most `maxBytes` bytes of UTF-8.
 * Never ends within a surrogate pair.
 */
export function cutToJsonBytes(text: string, maxBytes: number): string {
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += jsonBytesOf(character)
    if (bytes > maxBytes) return text.slice(0, end)
    end += character.length
  }
  return text
}

/** Bytes that one character takes in the JSON form of a text. */
function jsonBytesOf(character: string): number {
  const point = character.codePointAt(0) ?? 0
  if (point === 0x22 || point === 0x5c) return 2
  // \b \t \n \f \r have short forms, the other control characters and lone surrogates are written \u0000.
  if (point < 0x20) return (point >= 8 && point <= 10) || point === 12 || point === 13 ? 2 : 6
  if (point < 0x80) return 1
  if (point < 0x800) return 2
  if (point >= 0xd800 && point <= 0xdfff) return 6
  return point < 0x10000 ? 3 : 4
}
