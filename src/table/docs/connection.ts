// What there is to say of commands for connections and pub/sub.

import type { CommandDocs } from './doc.ts'

export const CONNECTION_DOCS: CommandDocs = {
  auth: {
    summary: 'Logs in.',
    complexity: 'O(N) for a user with N passwords',
    arguments: '[username@6.0.0] password',
    history: ['6.0.0 Takes the name of a user.'],
  },
  client: {
    summary: 'Shows and changes what the server knows of connections.',
    complexity: 'That of the subcommand',
  },
  'client|caching': {
    summary: 'Says whether the keys of the next command are to be tracked.',
    complexity: 'O(1)',
    arguments: 'mode(YES | NO)',
  },
  'client|getname': {
    summary: 'Gives the name of this connection.',
    complexity: 'O(1)',
  },
  'client|getredir': {
    summary: 'Tells which connection gets the invalidations of this one.',
    complexity: 'O(1)',
  },
  'client|help': {
    summary: 'Lists the subcommands of CLIENT.',
    complexity: 'O(1)',
  },
  'client|id': {
    summary: 'Gives the number of this connection.',
    complexity: 'O(1)',
  },
  'client|info': {
    summary: 'Describes this connection.',
    complexity: 'O(1)',
  },
  'client|kill': {
    summary: 'Ends connections, by their address or by filters.',
    complexity: 'O(N) for N connections',
    arguments:
      'filter(old-format<ip:port>!2.8.12 | new-format([ID client-id:integer@2.8.12] | [TYPE client-type(NORMAL | MASTER@3.2.0 | SLAVE | REPLICA@5.0.0 | PUBSUB)@2.8.12] | [USER username] | [ADDR addr<ip:port>] | [LADDR laddr<ip:port>@6.2.0] | [SKIPME skipme(YES | NO)] | [MAXAGE maxage:integer@7.4.0])*)',
    history: [
      '2.8.12 Takes filters.',
      '2.8.12 Takes ID.',
      '3.2.0 TYPE takes master.',
      '5.0.0 TYPE takes replica, and slave as before.',
      '6.2.0 Takes LADDR.',
      '7.4.0 Takes MAXAGE.',
    ],
  },
  'client|list': {
    summary: 'Describes connections, one a line.',
    complexity: 'O(N) for N connections',
    arguments:
      '[TYPE client-type(NORMAL | MASTER | REPLICA | PUBSUB)@5.0.0] [ID client-id:integer@6.2.0]*',
    history: [
      '2.8.12 Shows id.',
      '5.0.0 Takes TYPE.',
      '6.0.0 Shows user.',
      '6.2.0 Shows argv-mem, tot-mem, laddr and redir, and takes ID.',
      '7.0.0 Shows resp, multi-mem, rbs and rbp.',
      '7.0.3 Shows ssub.',
    ],
  },
  'client|no-evict': {
    summary: 'Keeps this connection from being ended when memory runs short.',
    complexity: 'O(1)',
    arguments: 'enabled(ON | OFF)',
  },
  'client|no-touch': {
    summary: 'Says whether commands of this connection count as use of keys.',
    complexity: 'O(1)',
    arguments: 'enabled(ON | OFF)',
  },
  'client|pause': {
    summary: 'Lets commands of clients wait for some time.',
    complexity: 'O(1)',
    arguments: 'timeout:integer [mode(WRITE | ALL)@6.2.0]',
    history: ['6.2.0 Takes a mode: WRITE or ALL.'],
  },
  'client|reply': {
    summary: 'Says whether this connection gets replies.',
    complexity: 'O(1)',
    arguments: 'action(ON | OFF | SKIP)',
  },
  'client|setinfo': {
    summary: 'Tells the server the name or version of the client library.',
    complexity: 'O(1)',
    arguments: 'attr(LIB-NAME libname | LIB-VER libver)',
  },
  'client|setname': {
    summary: 'Gives this connection a name.',
    complexity: 'O(1)',
    arguments: 'connection-name',
  },
  'client|tracking': {
    summary: 'Turns the tracking of keys for a client-side cache on or off.',
    complexity: 'O(1), and more with some options',
    arguments:
      'status(ON | OFF) [REDIRECT client-id:integer] [PREFIX prefix]** [BCAST] [OPTIN] [OPTOUT] [NOLOOP]',
  },
  'client|trackinginfo': {
    summary: 'Tells how keys are tracked for this connection.',
    complexity: 'O(1)',
  },
  'client|unblock': {
    summary: 'Ends the waiting of another connection.',
    complexity: 'O(log(N)) for N connections',
    arguments: 'client-id:integer [unblock-type(TIMEOUT | ERROR)]',
  },
  'client|unpause': {
    summary: 'Lets commands go on that CLIENT PAUSE holds back.',
    complexity: 'O(N) for N connections that wait',
  },
  echo: {
    summary: 'Sends a text back.',
    complexity: 'O(1)',
    arguments: 'message',
  },
  hello: {
    summary: 'Chooses the protocol, may log in, and describes the server.',
    complexity: 'O(1)',
    arguments: '[arguments(protover:integer [AUTH auth(username password)] [SETNAME clientname])]',
    history: ['6.2.0 May be sent alone, and changes nothing then.'],
  },
  ping: {
    summary: 'Answers PONG, or the text that is given.',
    complexity: 'O(1)',
    arguments: '[message]',
  },
  psubscribe: {
    summary: 'Listens to all channels that match patterns.',
    complexity: 'O(N) for N patterns',
    arguments: 'pattern:pattern*',
  },
  publish: {
    summary: 'Sends a message to a channel.',
    complexity: 'O(N+M) for N subscribers and M patterns',
    arguments: 'channel message',
  },
  pubsub: {
    summary: 'Tells what is known of channels and their subscribers.',
    complexity: 'That of the subcommand',
  },
  'pubsub|channels': {
    summary: 'Lists the channels that somebody listens to.',
    complexity: 'O(N) for N channels',
    arguments: '[pattern:pattern]',
  },
  'pubsub|help': {
    summary: 'Lists the subcommands of PUBSUB.',
    complexity: 'O(1)',
  },
  'pubsub|numpat': {
    summary: 'Counts the different patterns that are subscribed to.',
    complexity: 'O(1)',
  },
  'pubsub|numsub': {
    summary: 'Counts the subscribers of channels.',
    complexity: 'O(N) for N channels',
    arguments: '[channel]*',
  },
  'pubsub|shardchannels': {
    summary: 'Lists the shard channels that somebody listens to.',
    complexity: 'O(N) for N channels',
    arguments: '[pattern:pattern]',
  },
  'pubsub|shardnumsub': {
    summary: 'Counts the subscribers of shard channels.',
    complexity: 'O(N) for N channels',
    arguments: '[shardchannel]*',
  },
  punsubscribe: {
    summary: 'Ends listening to patterns, or to all of them.',
    complexity: 'O(N) for N patterns',
    arguments: '[pattern:pattern]*',
  },
  quit: {
    summary: 'Ends this connection.',
    complexity: 'O(1)',
    deprecated: '7.2.0 an end of the connection',
  },
  reset: {
    summary: 'Puts this connection into the state of a new one.',
    complexity: 'O(1)',
  },
  select: {
    summary: 'Chooses the database of this connection.',
    complexity: 'O(1)',
    arguments: 'index:integer',
  },
  spublish: {
    summary: 'Sends a message to a shard channel.',
    complexity: 'O(N) for N subscribers',
    arguments: 'shardchannel message',
  },
  ssubscribe: {
    summary: 'Listens to shard channels.',
    complexity: 'O(N) for N channels',
    arguments: 'shardchannel*',
  },
  subscribe: {
    summary: 'Listens to channels.',
    complexity: 'O(N) for N channels',
    arguments: 'channel*',
  },
  sunsubscribe: {
    summary: 'Ends listening to shard channels, or to all of them.',
    complexity: 'O(N) for N channels',
    arguments: '[shardchannel]*',
  },
  unsubscribe: {
    summary: 'Ends listening to channels, or to all of them.',
    complexity: 'O(N) for N channels',
    arguments: '[channel]*',
  },
}
