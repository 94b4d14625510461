/** The Redis that this server is indistinguishable from: texts, flags, categories, reply shapes. */
export const REDIS_VERSION = '7.4.1'
