// What older versions wrote: types and structures that none writes any more. Each with a command
// that reads what it holds, under the key k.

/** In hexadecimal, without version and checksum. */
export const OLD_PAYLOADS: readonly (readonly [
  name: string,
  hex: string,
  command: string,
  reply: unknown,
])[] = [
  ['a plain list', '01 02 01 61 c0 07', 'LRANGE k 0 -1', ['$a', '$7']],
  ['a plain set', '02 01 01 61', 'SMEMBERS k', ['$a']],
  [
    'scores as text',
    '03 02 01 61 03 312e35 01 62 fe',
    'ZRANGE k 0 -1 WITHSCORES',
    ['$a', '$1.5', '$b', '$inf'],
  ],
  ['a plain hash', '04 01 01 66 01 76', 'HGETALL k', ['$f', '$v']],
  ['a zipmap', '09 09 01 01 66 02 01 76 77 00 ff', 'HGETALL k', ['$f', '$vw']],
  [
    'a ziplist as list',
    '0a 15 15000000 10000000 0300 00 01 61 03 fe 80 03 c0 0020 ff',
    'LRANGE k 0 -1',
    ['$a', '$-128', '$8192'],
  ],
  [
    'a quicklist of ziplists',
    '0e 01 10 10000000 0d000000 0200 00 01 61 03 f3 ff',
    'LRANGE k 0 -1',
    ['$a', '$2'],
  ],
  [
    'fields with absolute times',
    '16 01 81 000001d1a94a2000 01 66 01 76',
    'HPEXPIRETIME k FIELDS 1 f',
    [':2000000000000'],
  ],
]
