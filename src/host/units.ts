/** Bytes as INFO's *_human fields show them: 1.50K, 23.54G. */
export function humanBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.floor(bytes)}B`
  const units = ['K', 'M', 'G', 'T', 'P', 'E']
  let value = bytes / 1024
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(2)}${units[unit]}`
}
