// What there is to try before one has rules of one's own: five users of a small web shop, and keys
// for them to meet. Each user's password is `lab-` and its name. Two rules give more than they seem
// to, so that there are remarks to look at.

import type { SeedValue } from '../testing/seed.ts'

export const SAMPLE_RULES = [
  'user default off',
  'user admin on #f6fe869bd4b1efaa1ebc5bf2a3d076ff76ecbd12115d05f072b03b2447faf505 ~* &* +@all',
  'user web on #13ec72d6eb6e71534d06260f999c29c25878634c6e6cc3c73a5aa53b7a04e5a6 ~session:* ~cache:* &events:* +@all -@admin -@dangerous -@scripting',
  'user reader on #053c58281f14fb0381c6b5614ed5f97797559514df32272566f6a13f230691c4 %R~cache:* +@read +ping -keys -randomkey -scan',
  'user worker on #128b73a5dc1bd578e2315a535a482474bb8619f7d9e90c12dcfae6872ac13d38 ~queue:* %R~config:* &events:* +@list +@connection -@dangerous +publish +get',
  'user report on #9cc0ec9a4266ea3df154da249a810f2dc060f50999ead5b3fb0313aef8e11e57 ~report:* +set +get +expire (%R~order:* +@read -@dangerous -randomkey -scan)',
  '',
].join('\n')

export const SAMPLE_DATA: Readonly<Record<string, SeedValue>> = {
  'cache:home': '<h1>Welcome</h1>',
  'session:42': { user: 'ann', basket: '3' },
  'queue:mail': ['welcome:ann', 'receipt:1001'],
  'config:mail': 'smtp.example',
  'order:1001': { total: '49.90', paid: '1' },
  'report:daily': '17 orders',
}
