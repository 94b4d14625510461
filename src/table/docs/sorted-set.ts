// What there is to say of commands for sorted sets, and of places, which are kept in them.

import type { CommandDocs } from './doc.ts'

export const SORTED_SET_DOCS: CommandDocs = {
  bzmpop: {
    summary:
      'Takes members of least or greatest score from the first sorted set that has some; waits for one.',
    complexity: 'O(K)+O(M*log(N)) for K keys and M of N members',
    arguments: 'timeout:double numkeys:integer key#0* where(MIN | MAX) [COUNT count:integer]',
  },
  bzpopmax: {
    summary:
      'Takes the member of greatest score from the first sorted set that has one; waits for it.',
    complexity: 'O(log(N)) for N members',
    arguments: 'key#0* timeout:double',
    history: ['6.0.0 The timeout may be a fraction.'],
  },
  bzpopmin: {
    summary:
      'Takes the member of least score from the first sorted set that has one; waits for it.',
    complexity: 'O(log(N)) for N members',
    arguments: 'key#0* timeout:double',
    history: ['6.0.0 The timeout may be a fraction.'],
  },
  geoadd: {
    summary: 'Puts places on earth into an index, which is a sorted set.',
    complexity: 'O(log(N)) for each place, of N',
    arguments:
      'key#0 [condition(NX | XX)@6.2.0] [change=CH@6.2.0] data(longitude:double latitude:double member)*',
    history: ['6.2.0 Takes CH, NX and XX.'],
  },
  geodist: {
    summary: 'Gives the distance between two places of an index.',
    complexity: 'O(1)',
    arguments: 'key#0 member1 member2 [unit(M | KM | FT | MI)]',
  },
  geohash: {
    summary: 'Gives places as geohashes, which are short texts.',
    complexity: 'O(1) for each place',
    arguments: 'key#0 [member]*',
  },
  geopos: {
    summary: 'Gives the longitude and latitude of places.',
    complexity: 'O(1) for each place',
    arguments: 'key#0 [member]*',
  },
  georadius: {
    summary: 'Finds the places around a point, and may store them.',
    complexity: 'O(N+log(M)) for N of M places near the circle',
    arguments:
      'key#0 longitude:double latitude:double radius:double unit(M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] [count-block(COUNT count:integer [ANY@6.2.0])] [order(ASC | DESC)] [store(STORE storekey<key>#1 | STOREDIST storedistkey<key>#2)]',
    deprecated: '6.2.0 GEOSEARCH or GEOSEARCHSTORE with BYRADIUS',
    history: ['6.2.0 COUNT takes ANY.', '7.0.0 Units may be in capitals.'],
  },
  georadius_ro: {
    summary: 'Finds the places around a point, and stores nothing.',
    complexity: 'O(N+log(M)) for N of M places near the circle',
    arguments:
      'key#0 longitude:double latitude:double radius:double unit(M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] [count-block(COUNT count:integer [ANY@6.2.0])] [order(ASC | DESC)]',
    deprecated: '6.2.0 GEOSEARCH with BYRADIUS',
    history: ['6.2.0 COUNT takes ANY.', '7.0.0 Units may be in capitals.'],
  },
  georadiusbymember: {
    summary: 'Finds the places around another place of the index, and may store them.',
    complexity: 'O(N+log(M)) for N of M places near the circle',
    arguments:
      'key#0 member radius:double unit(M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] [count-block(COUNT count:integer [ANY])] [order(ASC | DESC)] [store(STORE storekey<key>#1 | STOREDIST storedistkey<key>#2)]',
    deprecated: '6.2.0 GEOSEARCH or GEOSEARCHSTORE with BYRADIUS and FROMMEMBER',
    history: ['6.2.0 COUNT takes ANY.', '7.0.0 Units may be in capitals.'],
  },
  georadiusbymember_ro: {
    summary: 'Finds the places around another place of the index, and stores nothing.',
    complexity: 'O(N+log(M)) for N of M places near the circle',
    arguments:
      'key#0 member radius:double unit(M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] [count-block(COUNT count:integer [ANY])] [order(ASC | DESC)]',
    deprecated: '6.2.0 GEOSEARCH with BYRADIUS and FROMMEMBER',
    history: ['6.2.0 COUNT takes ANY.', '7.0.0 Units may be in capitals.'],
  },
  geosearch: {
    summary: 'Finds the places within a circle or a box.',
    complexity: 'O(N+log(M)) for N places near the shape and M within',
    arguments:
      'key#0 from(FROMMEMBER member | FROMLONLAT fromlonlat(longitude:double latitude:double)) by(circle(BYRADIUS radius:double unit(M | KM | FT | MI)) | box(BYBOX width:double height:double unit(M | KM | FT | MI))) [order(ASC | DESC)] [count-block(COUNT count:integer [ANY])] [WITHCOORD] [WITHDIST] [WITHHASH]',
    history: ['7.0.0 Units may be in capitals.'],
  },
  geosearchstore: {
    summary: 'Stores the places within a circle or a box.',
    complexity: 'O(N+log(M)) for N places near the shape and M within',
    arguments:
      'destination#0 source#1 from(FROMMEMBER member | FROMLONLAT fromlonlat(longitude:double latitude:double)) by(circle(BYRADIUS radius:double unit(M | KM | FT | MI)) | box(BYBOX width:double height:double unit(M | KM | FT | MI))) [order(ASC | DESC)] [count-block(COUNT count:integer [ANY])] [STOREDIST]',
    history: ['7.0.0 Units may be in capitals.'],
  },
  zadd: {
    summary: 'Puts members into a sorted set, or changes their scores.',
    complexity: 'O(log(N)) for each member, of N',
    arguments:
      'key#0 [condition(NX | XX)@3.0.2] [comparison(GT | LT)@6.2.0] [change=CH@3.0.2] [increment=INCR@3.0.2] data(score:double member)*',
    history: [
      '2.4.0 Takes several members.',
      '3.0.2 Takes XX, NX, CH and INCR.',
      '6.2.0 Takes GT and LT.',
    ],
  },
  zcard: {
    summary: 'Counts the members of a sorted set.',
    complexity: 'O(1)',
    arguments: 'key#0',
  },
  zcount: {
    summary: 'Counts the members with a score in a range.',
    complexity: 'O(log(N)) for N members',
    arguments: 'key#0 min:double max:double',
  },
  zdiff: {
    summary: 'Gives the members of the first sorted set that are in none of the others.',
    complexity: 'O(L+(N-K)*log(N)) for L members in all, N in the first, K in the reply',
    arguments: 'numkeys:integer key#0* [WITHSCORES]',
  },
  zdiffstore: {
    summary: 'Stores the members of the first sorted set that are in none of the others.',
    complexity: 'O(L+(N-K)*log(N)) for L members in all, N in the first, K in the result',
    arguments: 'destination#0 numkeys:integer key#1*',
  },
  zincrby: {
    summary: 'Adds to the score of a member; a missing one has 0.',
    complexity: 'O(log(N)) for N members',
    arguments: 'key#0 increment:integer member',
  },
  zinter: {
    summary: 'Gives the members that all sorted sets have.',
    complexity: 'O(N*K)+O(M*log(M)) for K sets, the smallest of N members, and a reply of M',
    arguments:
      'numkeys:integer key#0* [WEIGHTS weight:integer]* [AGGREGATE aggregate(SUM | MIN | MAX)] [WITHSCORES]',
  },
  zintercard: {
    summary: 'Counts the members that all sorted sets have.',
    complexity: 'O(N*K) for K sets, the smallest of N members',
    arguments: 'numkeys:integer key#0* [LIMIT limit:integer]',
  },
  zinterstore: {
    summary: 'Stores the members that all sorted sets have.',
    complexity: 'O(N*K)+O(M*log(M)) for K sets, the smallest of N members, and a result of M',
    arguments:
      'destination#0 numkeys:integer key#1* [WEIGHTS weight:integer]* [AGGREGATE aggregate(SUM | MIN | MAX)]',
  },
  zlexcount: {
    summary: 'Counts the members in a range of names, where all scores are equal.',
    complexity: 'O(log(N)) for N members',
    arguments: 'key#0 min max',
  },
  zmpop: {
    summary: 'Takes members of least or greatest score from the first sorted set that has some.',
    complexity: 'O(K)+O(M*log(N)) for K keys and M of N members',
    arguments: 'numkeys:integer key#0* where(MIN | MAX) [COUNT count:integer]',
  },
  zmscore: {
    summary: 'Gives the scores of several members.',
    complexity: 'O(N) for N members',
    arguments: 'key#0 member*',
  },
  zpopmax: {
    summary: 'Takes the members of greatest score.',
    complexity: 'O(log(N)*M) for M of N members',
    arguments: 'key#0 [count:integer]',
  },
  zpopmin: {
    summary: 'Takes the members of least score.',
    complexity: 'O(log(N)*M) for M of N members',
    arguments: 'key#0 [count:integer]',
  },
  zrandmember: {
    summary: 'Gives members of a sorted set by chance.',
    complexity: 'O(N) for a reply of N',
    arguments: 'key#0 [options(count:integer [WITHSCORES])]',
  },
  zrange: {
    summary: 'Gives the members in a range of places, scores or names.',
    complexity: 'O(log(N)+M) for M of N members',
    arguments:
      'key#0 start stop [sortby(BYSCORE | BYLEX)@6.2.0] [REV@6.2.0] [LIMIT limit(offset:integer count:integer)@6.2.0] [WITHSCORES]',
    history: ['6.2.0 Takes REV, BYSCORE, BYLEX and LIMIT.'],
  },
  zrangebylex: {
    summary: 'Gives the members in a range of names, where all scores are equal.',
    complexity: 'O(log(N)+M) for M of N members',
    arguments: 'key#0 min max [LIMIT limit(offset:integer count:integer)]',
    deprecated: '6.2.0 ZRANGE with BYLEX',
  },
  zrangebyscore: {
    summary: 'Gives the members with a score in a range.',
    complexity: 'O(log(N)+M) for M of N members',
    arguments:
      'key#0 min:double max:double [WITHSCORES@2.0.0] [LIMIT limit(offset:integer count:integer)]',
    deprecated: '6.2.0 ZRANGE with BYSCORE',
    history: ['2.0.0 Takes WITHSCORES.'],
  },
  zrangestore: {
    summary: 'Stores the members in a range of places, scores or names.',
    complexity: 'O(log(N)+M) for M of N members',
    arguments:
      'dst#0 src#1 min max [sortby(BYSCORE | BYLEX)] [REV] [LIMIT limit(offset:integer count:integer)]',
  },
  zrank: {
    summary: 'Tells the place of a member, counted from the least score.',
    complexity: 'O(log(N))',
    arguments: 'key#0 member [WITHSCORE]',
    history: ['7.2.0 Takes WITHSCORE.'],
  },
  zrem: {
    summary: 'Removes members of a sorted set; without members the key goes too.',
    complexity: 'O(M*log(N)) for M of N members',
    arguments: 'key#0 member*',
    history: ['2.4.0 Takes several members.'],
  },
  zremrangebylex: {
    summary: 'Removes the members in a range of names, where all scores are equal.',
    complexity: 'O(log(N)+M) for M of N members',
    arguments: 'key#0 min max',
  },
  zremrangebyrank: {
    summary: 'Removes the members in a range of places.',
    complexity: 'O(log(N)+M) for M of N members',
    arguments: 'key#0 start:integer stop:integer',
  },
  zremrangebyscore: {
    summary: 'Removes the members with a score in a range.',
    complexity: 'O(log(N)+M) for M of N members',
    arguments: 'key#0 min:double max:double',
  },
  zrevrange: {
    summary: 'Gives the members in a range of places, greatest score first.',
    complexity: 'O(log(N)+M) for M of N members',
    arguments: 'key#0 start:integer stop:integer [WITHSCORES]',
    deprecated: '6.2.0 ZRANGE with REV',
  },
  zrevrangebylex: {
    summary: 'Gives the members in a range of names, last one first.',
    complexity: 'O(log(N)+M) for M of N members',
    arguments: 'key#0 max min [LIMIT limit(offset:integer count:integer)]',
    deprecated: '6.2.0 ZRANGE with REV and BYLEX',
  },
  zrevrangebyscore: {
    summary: 'Gives the members with a score in a range, greatest first.',
    complexity: 'O(log(N)+M) for M of N members',
    arguments:
      'key#0 max:double min:double [WITHSCORES] [LIMIT limit(offset:integer count:integer)]',
    deprecated: '6.2.0 ZRANGE with REV and BYSCORE',
    history: ['2.1.6 Either end may be left out of the range.'],
  },
  zrevrank: {
    summary: 'Tells the place of a member, counted from the greatest score.',
    complexity: 'O(log(N))',
    arguments: 'key#0 member [WITHSCORE]',
    history: ['7.2.0 Takes WITHSCORE.'],
  },
  zscan: {
    summary: 'Goes through the members of a sorted set and their scores, some with each call.',
    complexity: 'O(1) for a call, O(N) for all of N members',
    arguments: 'key#0 cursor:integer [MATCH pattern:pattern] [COUNT count:integer]',
  },
  zscore: {
    summary: 'Gives the score of a member.',
    complexity: 'O(1)',
    arguments: 'key#0 member',
  },
  zunion: {
    summary: 'Gives the members that any of the sorted sets has.',
    complexity: 'O(N)+O(M*log(M)) for N members in all sets and a reply of M',
    arguments:
      'numkeys:integer key#0* [WEIGHTS weight:integer]* [AGGREGATE aggregate(SUM | MIN | MAX)] [WITHSCORES]',
  },
  zunionstore: {
    summary: 'Stores the members that any of the sorted sets has.',
    complexity: 'O(N)+O(M*log(M)) for N members in all sets and a result of M',
    arguments:
      'destination#0 numkeys:integer key#1* [WEIGHTS weight:integer]* [AGGREGATE aggregate(SUM | MIN | MAX)]',
  },
}
